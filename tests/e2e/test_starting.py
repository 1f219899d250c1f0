"""A server starts under a policy that was made for exactly it, or not at all."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.local.stack.parts import shared_settings
from tests.e2e.edge import Edge
from tests.e2e.governing import Desk
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack
from tests.e2e.waiting import PATIENCE

SOURCE = Path(__file__).parents[2] / "deploy" / "seed"
NO_SIGNATURE = '{"payload": "AAAA", "key": "dev-1", "signature": "AAAA"}'


@pytest.fixture
def desk(stack: Stack) -> Generator[Desk]:
    """Where the policies are that were signed."""
    desk = Desk(stack.home)
    yield desk
    desk.close()


@pytest.fixture
def room() -> Generator[Path]:
    """A folder whose path leaves room for the name of a unix socket."""
    with tempfile.TemporaryDirectory(prefix="sb-", dir="/tmp") as folder:
        yield Path(folder)


def last_words(stack: Stack, code: Path, **changed: str) -> str:
    """What a second seed server says when it gives up; `deploy.seed` is looked for in `code` first."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy.seed"],
        env=os.environ | shared_settings(stack.home) | changed,
        cwd=code, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    return done.stderr


def in_a_home_of_its_own(home: Path) -> dict[str, str]:
    return {"SEEDBED_PLATFORM_RUN": str(home / "run"), "SEEDBED_PLATFORM_STATE": str(home / "state")}


def with_nothing_but(stack: Stack, home: Path, policy: str) -> str:
    """Start it with `policy` on its disk and no registry that could give it another."""
    kept = home / "state" / "production" / "seed" / "policies" / "production" / "seed.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(policy)
    alone = {"SEEDBED_PLATFORM_REGISTRY_SOCKET": str(home / "nobody.sock"), "SEEDBED_SERVER_START_SECONDS": "0.5"}
    said = last_words(stack, home, **in_a_home_of_its_own(home), **alone)
    assert "seed got no policy" in said
    return said


def test_code_that_promises_something_else_does_not_start(stack: Stack, room: Path) -> None:
    shutil.copytree(SOURCE, room / "deploy" / "seed")
    module = room / "deploy" / "seed" / "server.py"
    module.write_text(module.read_text().replace("Greet the person", "Insult the person"))
    said = last_words(stack, room, **in_a_home_of_its_own(room))
    assert "it was reviewed for the contract sha256:" in said
    assert "there is no policy that seed may obey" in said


def test_a_policy_that_is_not_to_be_trusted_opens_nothing_though_it_lies_on_the_disk(
    stack: Stack, desk: Desk, room: Path
) -> None:
    good = desk.in_force("seed")
    tampered = good.model_copy(update={"payload": good.payload.replace(b"contractor", b"contractar")})
    wrong_signature = "is refused: the signature of the key 'dev-1' does not fit the bytes"
    cases = {
        "corrupt": (NO_SIGNATURE, wrong_signature),
        "tampered": (tampered.model_dump_json(), wrong_signature),
        "torn": (good.model_dump_json()[:200], "is refused: "),
        "of another server": (desk.in_force("presto").model_dump_json(), "is refused: it is for the server presto"),
    }
    with ThreadPoolExecutor() as pool:
        starting = {what: pool.submit(with_nothing_but, stack, room / what, kept) for what, (kept, _) in cases.items()}
    said = {what: answer.result() for what, answer in starting.items()}
    assert not {what: words for what, words in said.items() if cases[what][1] not in words}


def test_a_second_server_takes_neither_the_place_nor_the_records_of_a_living_one(
    mended: Stack, edge: Edge, remembered: Remembered, room: Path
) -> None:
    assert "another process already listens at" in last_words(mended, room)
    first, second = edge.greet("still here"), edge.greet("and remembered")
    assert [remembered.call(reply.trace)["tool"] for reply in (first, second)] == ["greet", "greet"]
