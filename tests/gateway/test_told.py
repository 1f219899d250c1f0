"""What Envoy refused by itself is told to the registry, word for word as the caller read it."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.refusals import LOOK_BACK, Line, Tail, refusal
from tests.gateway.artefacts import artefact
from tests.gateway.examples import example_door
from tests.gateway.programs import eventually
from tests.gateway.stage import Stage
from tests.gateway.wire import Header, Json, Reply

Ask = Callable[[Stage, Header], Reply]

REFUSED: dict[str, Ask] = {
    "no token": lambda stage, trace: stage.call("find", trace, who=None),
    "another client's token": lambda stage, trace: stage.call("find", trace, token=stage.token(azp="seedbed-web-chat")),
    "a token that lives too long": lambda stage, trace: stage.call("find", trace, token=stage.token(lifetime=3600)),
    "a token for elsewhere": lambda stage, trace: stage.call("find", trace, token=stage.token(aud="elsewhere")),
    "not in the gate": lambda stage, trace: stage.call("find", trace, who="carl"),
    "two names": lambda stage, trace: stage.mesh("/production/web-chat", "/x").call("find", trace),
    "no such server": lambda stage, trace: stage.call("find", trace, server="nowhere"),
    "from elsewhere": lambda stage, trace: stage.call("find", trace, ("origin", "https://elsewhere.test")),
    "twice": lambda stage, trace: stage.call("find", trace, ("mcp-name", "find")),
    "an unlisted service": lambda stage, trace: stage.mesh("/production/service/x").call("find", trace, who=None),
    "by GET": lambda stage, trace: stage.ask("GET", "/mcp/seed", trace, stage.bearer()),
    "another host": lambda stage, trace: stage.ask("GET", "/servers", trace, host="elsewhere.test"),
    "in dev": lambda stage, trace: stage.edge("dev").call("find", trace, who="carl"),
}


def told(stage: Stage, trace: str) -> Json | None:
    return next((each for each in stage.desk.refusals.values() if each["trace_id"] == trace), None)


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal_is_told_as_the_caller_read_it(stage: Stage, what: str) -> None:
    trace = secrets.token_hex(16)
    reply = REFUSED[what](stage, ("traceparent", f"00-{trace}-0123456789abcdef-01"))
    eventually(lambda: told(stage, trace) is not None, "the registry knows of it")
    known = told(stage, trace)
    assert known is not None
    assert known["status"] == reply.status
    assert known["id"] == reply.headers["x-request-id"]
    assert {name: known[name] for name in ("code", "rule", "detail", "how_to_ask")} == {
        name: reply.body[name] for name in ("code", "rule", "detail", "how_to_ask")
    }
    assert known["environment"] == ("dev" if what == "in dev" else "production")


def test_a_refusal_says_who_wanted_what(stage: Stage) -> None:
    trace = secrets.token_hex(16)
    stage.web_chat().call("drop", ("traceparent", f"00-{trace}-0123456789abcdef-01"))
    eventually(lambda: told(stage, trace) is not None, "the registry knows of it")
    known = told(stage, trace)
    assert known is not None
    assert (known["user"], known["server"], known["tool"]) == ("ana", "seed", "drop")
    assert known["workload"].endswith("/production/web-chat")


def test_what_a_server_answered_is_no_refusal_of_the_proxy(stage: Stage) -> None:
    stage.desk.put(artefact(server="wavering"))
    eventually(lambda: stage.call("find", server="wavering").status == 200, "the server is reached")
    passed, refused = secrets.token_hex(16), secrets.token_hex(16)
    stage.call("find", ("traceparent", f"00-{passed}-0123456789abcdef-01"), ("x-test-status", "409"), server="wavering")
    stage.call("find", ("traceparent", f"00-{refused}-0123456789abcdef-01"), who="carl")
    eventually(lambda: told(stage, refused) is not None, "the later one is known")
    assert told(stage, passed) is None


def line(**more: Any) -> Line:
    whole = {"ts": "2026-11-23T10:00:00Z", "listener": "production-edge", "request_id": "1", "status": 403, **more}
    return Line.model_validate(whole)


def test_a_refusal_of_a_kind_that_nobody_described_is_told_all_the_same() -> None:
    found = refusal(line(status=400, details="something_new"), {"production-edge": example_door()})
    assert found is not None
    assert (found.code, found.detail) == ("refused", "something_new")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


def add(log: Path, text: str) -> None:
    with open(log, "a") as file:
        file.write(text)


def test_a_line_is_read_once_it_is_whole(log: Path) -> None:
    tail = Tail(log)
    assert tail.lines() == []
    add(log, "one\ntw")
    assert tail.lines() == [b"one"]
    add(log, "o\n")
    assert tail.lines() == [b"two"]
    assert tail.lines() == []


def test_a_log_that_was_put_away_or_emptied_is_followed_from_its_new_beginning(log: Path) -> None:
    tail = Tail(log)
    add(log, "one\n")
    assert tail.lines() == [b"one"]
    os.rename(log, log.with_suffix(".old"))
    add(log, "two\n")
    assert tail.lines() == [b"two"]
    log.write_text("")
    assert tail.lines() == []
    add(log, "x\n")
    assert tail.lines() == [b"x"]


def test_a_long_log_is_not_read_from_its_beginning(log: Path) -> None:
    add(log, "old\n" * LOOK_BACK + "new\n")
    found: list[bytes] = []
    tail = Tail(log)
    while some := tail.lines():
        found += some
    assert found[-1] == b"new"
    assert sum(map(len, found)) <= LOOK_BACK
