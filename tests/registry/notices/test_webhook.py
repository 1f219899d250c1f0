"""The webhook: signed, tried again for a while, and nothing waits for it."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr

from platform_core.errors import WiringError
from platform_core.outgoing import Outgoing, OutgoingSettings
from registry.notices.settings import NoticeSettings
from registry.notices.webhook import LONGEST_PAUSE, STALE, TRIES, Webhook
from registry.store import notices
from registry.store.database import Database, open_database
from registry.store.notices import Audience
from tests.registry.pages.conftest import free_port
from tests.registry.stage import serving

KEY = "k" * 32
BASE = "https://registry.test"


@dataclass
class Listener:
    """Who is told: keeps what came, and answers as it is told to."""

    status: int = 200
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])

    async def __call__(self, request: Request) -> Response:
        self.came.append((dict(request.headers), await request.body()))
        return Response(status_code=self.status)

    def texts(self) -> list[str]:
        return [json.loads(body)["text"] for _, body in self.came]


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True, kw_only=True)
class Sending:
    """A webhook, its listener and the notices that it sends."""

    webhook: Webhook
    listener: Listener
    clock: Clock
    database: Database

    async def post(self, text: str, about: str = "") -> None:
        async with self.database.writing() as connection:
            await notices.post(
                connection, kind="review.decided", to=Audience("group", "finance"), about=about or text, text=text,
                link="/reviews/1", now=self.clock.now,
            )  # fmt: skip

    async def rounds(self, seconds: float) -> None:
        """Look every minute for so long."""
        for _ in range(int(seconds // 60) + 1):
            await self.webhook.send_due()
            self.clock.now += 60


@pytest.fixture
async def sending(folder: Path) -> AsyncGenerator[Sending]:
    listener, clock, port = Listener(), Clock(), free_port()
    app = FastAPI(openapi_url=None)
    app.add_api_route("/hook/secret-path", listener.__call__, methods=["POST"])
    settings = NoticeSettings(
        webhook=SecretStr(f"http://127.0.0.1:{port}/hook/secret-path"), webhook_key=SecretStr(KEY)
    )
    allowed = OutgoingSettings.model_validate({"allow": [f"127.0.0.1:{port}"], "seconds": 20})
    async with serving((app, port)), open_database(folder / "registry.db") as database:
        webhook = Webhook(
            database=database, outgoing=Outgoing(allowed), settings=settings, base=BASE, clock=clock
        )  # fmt: skip
        yield Sending(webhook=webhook, listener=listener, clock=clock, database=database)


async def test_what_is_told_is_signed_and_leads_to_its_page(sending: Sending) -> None:
    await sending.post("Presto 2.0 is live")
    await sending.webhook.send_due()
    [(headers, body)] = sending.listener.came
    told = json.loads(body)
    assert (told["text"], told["url"], told["to"]) == (
        "Presto 2.0 is live", f"{BASE}/reviews/1", {"group": "finance"}
    )  # fmt: skip
    signed = hmac.new(KEY.encode(), headers["seedbed-timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["seedbed-signature"] == f"sha256={signed}"
    assert headers["seedbed-notice"] == str(told["id"])


async def test_each_is_told_once_and_in_order(sending: Sending) -> None:
    for text in ("first", "second", "third"):
        await sending.post(text)
    await sending.rounds(600)
    assert sending.listener.texts() == ["first", "second", "third"]


async def test_who_does_not_listen_is_told_again_for_a_while_and_then_no_more(sending: Sending) -> None:
    sending.listener.status = 503
    await sending.post("nobody listens")
    await sending.rounds(TRIES * LONGEST_PAUSE)
    assert len(sending.listener.came) == TRIES
    sending.listener.status = 200
    await sending.post("somebody listens")
    await sending.rounds(600)
    assert sending.listener.texts()[TRIES:] == ["somebody listens"]


async def test_who_listens_again_hears_what_was_missed(sending: Sending) -> None:
    sending.listener.status = 500
    await sending.post("missed")
    await sending.webhook.send_due()
    sending.listener.status = 200
    await sending.rounds(600)
    assert sending.listener.texts() == ["missed", "missed"]


async def test_what_is_refused_is_given_up_and_holds_up_nothing(sending: Sending) -> None:
    sending.listener.status = 404
    await sending.post("wrong")
    await sending.post("also wrong")
    await sending.rounds(600)
    assert sending.listener.texts() == ["wrong", "also wrong"]


async def test_what_was_settled_before_it_was_sent_is_told_to_nobody(sending: Sending) -> None:
    await sending.post("over", about="it")
    async with sending.database.writing() as connection:
        await notices.settle(connection, kind="review.decided", about="it", now=sending.clock.now)
    await sending.rounds(60)
    assert sending.listener.came == []


async def test_what_is_a_day_old_is_no_news(sending: Sending) -> None:
    await sending.post("old")
    sending.clock.now += STALE + 1
    await sending.rounds(60)
    assert sending.listener.came == []


async def test_an_address_inside_is_not_posted_to_unless_it_is_allowed(sending: Sending) -> None:
    guarded = Webhook(
        database=sending.database, outgoing=Outgoing(OutgoingSettings()), settings=sending.webhook.settings, base=BASE,
        clock=sending.clock,
    )  # fmt: skip
    await sending.post("inside")
    await guarded.send_due()
    assert sending.listener.came == []


async def test_without_an_address_the_sender_ends_at_once(folder: Path) -> None:
    async with open_database(folder / "registry.db") as database:
        outgoing = Outgoing(OutgoingSettings())
        webhook = Webhook(
            database=database, outgoing=outgoing, settings=NoticeSettings(), base=BASE, clock=Clock()
        )  # fmt: skip
        await asyncio.wait_for(webhook.run(), 60)


@pytest.mark.parametrize(("key", "fault"), [(None, "WEBHOOK_KEY_FILE is needed"), ("short", "32 characters")])
def test_what_is_sent_is_always_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str | None, fault: str
) -> None:
    said: dict[str, Any] = {"WEBHOOK": "https://hooks.test/x"} | ({"WEBHOOK_KEY": key} if key else {})
    for name, value in said.items():
        (tmp_path / name).write_text(value)
        monkeypatch.setenv(f"SEEDBED_NOTICES_{name}_FILE", str(tmp_path / name))
    with pytest.raises(WiringError, match=fault):
        NoticeSettings.load()
