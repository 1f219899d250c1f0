"""Root causes: shown before they are kept, kept with every version, found by whom they belong to."""

from typing import Any, Literal

import pytest

from tests.servers.spark.conftest import Opening
from tests.servers.spark.logs import sample

pytestmark = pytest.mark.anyio
Era = Literal["auto", "legacy"]
both_eras = pytest.mark.parametrize("era", ["auto", "legacy"])
OOM = sample("executor_oom").app_id
CAUSE: dict[str, Any] = {
    "cause": "The nightly job collects one customer's whole history into one row.",
    "evidence": ["stage:0.0", "line:65"],
    "fix": "Aggregate per day before collect_list.",
    "severity": "high",
}


@both_eras
async def test_a_root_cause_is_shown_kept_and_found_again(opened: Opening, era: Era) -> None:
    signature = sample("executor_oom").failures[0].signature
    wanted = {"app_id": OOM, "signature": signature} | CAUSE
    async with opened("olu", era=era) as spark:
        kept, question = await spark.record(wanted)
        assert kept["version"] == 1
        assert "collects one customer's whole history" in question.shown.question
        assert OOM in question.shown.target
        assert "Readable by: data-platform." in question.shown.effect
        later, question = await spark.record(wanted | {"fix": "Give that customer a job of its own."})
        assert later["version"] == 2
        assert "Supersedes version 1" in question.shown.effect
        for how in ({"app_id": OOM}, {"signature": signature}, {"text": "customer history"}):
            _, found = await spark.ask("find_incidents", **how)
            assert found["rows"][0][3] == "Give that customer a job of its own."
        assert signature in str(await spark.client.read_resource("spark://root-causes"))
    async with opened("ana", era=era) as spark:
        _, found = await spark.ask("find_incidents", signature=signature)
        assert found["rows"] == []  # it belongs to the business groups of the person who recorded it
        assert signature not in str(await spark.client.read_resource("spark://root-causes"))


async def test_without_a_yes_nothing_is_recorded(opened: Opening) -> None:
    signature = sample("executor_oom").failures[0].signature
    async with opened("olu") as spark:
        await spark.record({"app_id": OOM, "signature": signature} | CAUSE, "declined")
        _, found = await spark.ask("find_incidents", signature=signature)
    assert found["rows"] == []


async def test_a_signature_that_the_application_does_not_show_is_refused(opened: Opening) -> None:
    async with opened("olu") as spark:
        said, _ = await spark.refusal("record_root_cause", app_id=OOM, signature="0123456789ab", **CAUSE)
    assert "shows no failure of signature" in said
