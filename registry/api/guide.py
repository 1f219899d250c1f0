"""The guidance for agents, as text that a surface puts before a conversation; there is nothing secret in it."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from registry.guidance import GUIDANCE

router = APIRouter()


class Guide(BaseModel):
    version: int
    since: str
    digest: str
    """Of the text: a surface that was reviewed with one version sees that it gets that one."""
    text: str


@router.get("/api/guide")
async def show(response: Response) -> Guide:
    """Say what agents are told, in the version that holds now."""
    response.headers["ETag"] = f'"{GUIDANCE.digest}"'
    return Guide(version=GUIDANCE.version, since=GUIDANCE.since, digest=GUIDANCE.digest, text=GUIDANCE.text)
