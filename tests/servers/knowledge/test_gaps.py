"""What a reader reports reaches the owner: as a row always, as a message only after a yes, and never too often."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from platform_core.testing import answer_on_page, connect_as
from servers.knowledge.commands import run
from servers.knowledge.server import server
from tests.servers.knowledge.shelf import Shelf

ALL = {"groups": ["everyone"]}


class Inbox(ThreadingHTTPServer):
    """Where the owners are told: keeps what arrives."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        super().__init__(("127.0.0.1", 0), Taking)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Taking(BaseHTTPRequestHandler):
    server: Inbox  # type: ignore[assignment]

    def do_POST(self) -> None:
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def inbox() -> Generator[Inbox]:
    with Inbox() as taking:
        thread = Thread(target=taking.serve_forever, daemon=True)
        thread.start()
        yield taking
        taking.shutdown()
        thread.join()


@pytest.fixture
def travel(shelf: Shelf) -> Shelf:
    shelf.source("handbook")
    shelf.page("handbook/travel.md", "Flights are booked by lea.", id="travel", title="Travel", owner="lea", **ALL)
    shelf.page("handbook/secret.md", "Flights of the board.", id="secret", title="Secret", groups=["platform"])
    shelf.patched.setenv("SEEDBED_KNOWLEDGE_GAPS_AN_HOUR", "2")
    shelf.sync()
    return shelf


WRONG = {"kind": "wrong", "query": "who books flights", "passage_ids": ["kb:doc/handbook/travel"]}


async def test_a_report_is_a_ticket_for_the_owner_and_nobody_is_asked_or_notified(travel: Shelf) -> None:
    told = await travel.told("bo", "report_gap", **WRONG)
    assert told == {
        "ticket": "kb:gap/1",
        "owner": "lea",
        "notified": False,
        "note": "A ticket for lea; nobody was notified.",
    }
    assert (await travel.told("ana", "list_sources"))["sources"][0]["gaps"] == 1


async def test_what_is_missing_goes_to_the_owner_of_what_comes_nearest(travel: Shelf) -> None:
    assert (await travel.told("bo", "report_gap", kind="missing", query="flights by night"))["owner"] == "lea"


async def test_a_report_about_a_hidden_document_is_one_about_nothing(travel: Shelf) -> None:
    hidden, missing = [
        await travel.call("bo", "report_gap", kind="stale", query="x", passage_ids=[f"kb:doc/handbook/{name}"])
        for name in ("secret", "nothing")
    ]
    assert str(hidden.content).replace("secret", "nothing") == str(missing.content)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "wrong", "query": "x"}, "Name in `passage_ids` what is wrong"),
        ({"kind": "missing", "query": " "}, "Write"),
    ],
)
async def test_a_report_of_nothing_is_refused(travel: Shelf, given: dict[str, Any], said: str) -> None:
    answer = await travel.call("bo", "report_gap", **given)
    assert answer.is_error
    assert said in str(answer.content)


async def test_one_person_reports_so_often_an_hour_and_others_go_on(travel: Shelf) -> None:
    for _ in range(2):
        await travel.told("bo", "report_gap", **WRONG)
    assert "2 reports within an hour" in str((await travel.call("bo", "report_gap", **WRONG)).content)
    await travel.told("ana", "report_gap", **WRONG)


async def test_before_a_person_is_notified_the_reporter_is_asked(travel: Shelf) -> None:
    with inbox() as owners:
        hook = travel.folder / "webhook"
        hook.write_text(owners.url)
        travel.patched.setenv("SEEDBED_KNOWLEDGE_WEBHOOK_FILE", str(hook))
        travel.patched.setenv("SEEDBED_OUTGOING_ALLOW", json.dumps([f"127.0.0.1:{owners.server_port}"]))
        travel.settings_again()
        desk = travel.desk
        async with connect_as(server, "bo", desk=desk) as knowledge:
            asked = await knowledge.call_tool("report_gap", WRONG)
            assert asked.is_error
            assert owners.got == []
            assert await answer_on_page(desk, asked)
            told: Any = (await knowledge.call_tool("report_gap", WRONG)).structured_content
    assert told["notified"] is True
    assert [(each["owner"], each["reporter"], each["documents"]) for each in owners.got] == [
        ("lea", "bo", ["handbook/travel"])
    ]


async def test_a_ticket_stands_where_the_webhook_does_not_answer(travel: Shelf) -> None:
    hook = travel.folder / "webhook"
    hook.write_text("http://127.0.0.1:9/hook-with-a-secret-in-it")
    travel.patched.setenv("SEEDBED_KNOWLEDGE_WEBHOOK_FILE", str(hook))
    travel.settings_again()
    desk = travel.desk
    async with connect_as(server, "bo", desk=desk) as knowledge:
        await answer_on_page(desk, await knowledge.call_tool("report_gap", WRONG))
        told: dict[str, Any] = (await knowledge.call_tool("report_gap", WRONG)).structured_content or {}
    assert (told["ticket"], told["notified"]) == ("kb:gap/1", False)
    assert "could not be notified" in told["note"]
    assert "secret" not in str(told)


async def test_reports_are_cases_for_evaluations(travel: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    await travel.told("bo", "report_gap", **WRONG, comment="It is ana.")
    travel.patched.setenv("SEEDBED_KNOWLEDGE_STATE", str(travel.settings.state_folder))
    with pytest.raises(SystemExit, match="0"):
        run(["gaps"])
    case = json.loads(capsys.readouterr().out)
    assert (case["question"], case["documents"], case["comment"]) == (WRONG["query"], ["handbook/travel"], "It is ana.")
