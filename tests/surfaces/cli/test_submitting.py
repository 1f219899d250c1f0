"""`seedbed submit`: what an owner hands in is a review, for the very contract that the server describes."""

from pathlib import Path

from tests.registry.stage import registration
from tests.surfaces.cli.test_with_registry import Desk, desk, issuer

__all__ = ["desk", "issuer"]
ANSWERS = ("--no-model", "--strange-text", "--keeps-in", "--no-personal-data")


async def test_a_module_is_handed_in_with_its_owners_answers(desk: Desk) -> None:
    said = await desk.seedbed("olu", "submit", "deploy.seed", *ANSWERS, "--ticket", "legal=https://tickets.test/7")
    lines = said.out.splitlines()
    assert lines[0] == "Review 1 of seed: open"
    assert [line.split() for line in lines[1:4]] == [
        ["SEC-1", "security", "open"],
        ["LEG-1", "legal", "open"],
        ["AI-1", "genai", "open"],
    ]
    assert lines[4].strip().endswith("/reviews/1")


async def test_a_file_is_handed_in_as_well(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "presto.json"
    file.write_text(registration("presto").model_dump_json(by_alias=True))
    assert "Review 1 of presto: open" in (await desk.seedbed("olu", "submit", str(file), *ANSWERS)).out


async def test_a_question_that_nobody_answered_is_asked(desk: Desk) -> None:
    said = await desk.seedbed("olu", "submit", "deploy.seed", *ANSWERS[:3])
    assert (said.code, "personal-data" in said.err) == (2, True)


async def test_who_does_not_answer_for_a_server_is_told_whom_to_ask(desk: Desk) -> None:
    said = await desk.seedbed("ana", "submit", "deploy.seed", *ANSWERS)
    assert (said.code, "#ask-platform" in said.err) == (3, True)


async def test_what_is_no_server_is_said_plainly(desk: Desk) -> None:
    for what, word in (("no such thing", "neither a file nor a module"), ("deploy.nothing", "can't describe itself")):
        said = await desk.seedbed("olu", "submit", what, *ANSWERS)
        assert (said.code, word in said.err) == (2, True)
