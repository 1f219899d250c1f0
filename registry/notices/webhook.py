"""Every notice, posted to the address of the settings: signed, tried again for a while, and never waited for."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy.exc import OperationalError

from platform_core.errors import Invalid, Unavailable
from platform_core.outgoing import Outgoing
from registry.notices.settings import NoticeSettings
from registry.store import notices
from registry.store.database import Database
from registry.store.notices import Told

EVERY = 1.0
"""Seconds between two looks at what is to be sent."""
AT_ONCE = 20
TRIES = 14
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3600.0
"""Seconds before a notice is tried again, doubled each time: four hours in all."""
STALE = 86_400.0
"""Seconds after which a notice is no news: it is given up unsent."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """The one who sends. Nothing else knows whether anybody listens."""

    database: Database
    outgoing: Outgoing
    settings: NoticeSettings
    base: str
    clock: Callable[[], float]

    async def run(self) -> None:
        """Send for ever, where an address is set."""
        while self.settings.webhook is not None:
            try:
                await self.send_due()
            except OperationalError as error:
                log.error("the webhook waits for the database: %s", error)
            await asyncio.sleep(EVERY)

    async def send_due(self) -> None:
        """Send what is due, in order; the first that nobody takes ends the round."""
        async with self.database.reading() as connection:
            due = await notices.due(connection, now=self.clock(), most=AT_ONCE)
        for notice in due:
            if not await self._send(notice):
                return

    async def _send(self, notice: Told) -> bool:
        """Send one; whether to go on with the next."""
        if self.clock() - notice.posted_at > STALE:
            await self._note(notice, again_at=None)
            return True
        try:
            status = await self._post(notice)
        except Invalid as error:
            log.error("notices can't be sent: %s", error)
            status = 500
        except Unavailable as error:
            log.warning("notice %d waits: %s", notice.id, error)
            status = 503
        taken, wrong = 200 <= status < 300, 400 <= status < 500 and status not in (408, 429)
        if wrong:
            log.error("notice %d was refused with status %d and is given up", notice.id, status)
        tries = notice.tries + 1
        again = None if taken or wrong or tries >= TRIES else self.clock() + _pause(tries)
        await self._note(notice, again_at=again)
        return taken or wrong

    async def _note(self, notice: Told, *, again_at: float | None) -> None:
        async with self.database.writing() as connection:
            await notices.tried(connection, notice.id, tries=notice.tries + 1, again_at=again_at)

    async def _post(self, notice: Told) -> int:
        webhook, key = self.settings.webhook, self.settings.webhook_key
        assert webhook is not None  # noqa: S101  # `run` looks
        assert key is not None  # noqa: S101  # the settings say so
        body, at = _body(notice, self.base), str(int(self.clock()))
        headers = {
            "Content-Type": "application/json",
            "Seedbed-Notice": str(notice.id),
            "Seedbed-Timestamp": at,
            "Seedbed-Signature": signature(key.get_secret_value(), at, body),
        }
        answer = await self.outgoing.fetch(webhook.get_secret_value(), method="POST", body=body, headers=headers)
        return answer.status


def signature(key: str, at: str, body: bytes) -> str:
    """`sha256=...` over `timestamp.body`: who listens computes the same, and refuses what is old."""
    return "sha256=" + hmac.new(key.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def _body(notice: Told, base: str) -> bytes:
    told = {
        "id": notice.id, "kind": notice.kind, "to": {notice.to.kind: notice.to.name}, "about": notice.about,
        "text": notice.text, "url": f"{base}{notice.link}", "posted_at": notice.posted_at,
    }  # fmt: skip
    return msgspec.json.encode(told)


def _pause(tries: int) -> float:
    return min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
