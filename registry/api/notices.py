"""A person's inbox, for their programs: read only."""

from fastapi import APIRouter
from pydantic import BaseModel

from registry.api.caller import Caller
from registry.notices import inbox
from registry.parts import PartsHere
from registry.store.notices import Kind

router = APIRouter()


class Notice(BaseModel):
    """One thing that the caller is told."""

    id: int
    kind: Kind
    waits: bool
    """Whether it waits for a decision."""
    about: str
    text: str
    url: str
    posted_at: float


class Inbox(BaseModel):
    notices: list[Notice]


@router.get("/api/notices")
async def notices(who: Caller, parts: PartsHere) -> Inbox:
    """What the caller is told now: themselves, in their teams and in their roles; the newest first."""
    return Inbox(
        notices=[
            Notice(
                id=one.id, kind=one.kind, waits=one.waits, about=one.about, text=one.text,
                url=f"{parts.platform.base}{one.link}", posted_at=one.posted_at,
            )
            for one in await inbox.inbox(parts, who)
        ]
    )  # fmt: skip
