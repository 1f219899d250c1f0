"""What agents are told, for people to read."""

from fastapi import APIRouter, Request, Response

from registry.guidance import GUIDANCE
from registry.pages.look import page
from registry.pages.session import Reader

router = APIRouter(default_response_class=Response)


@router.get("/guide")
async def show(request: Request, reader: Reader) -> Response:
    """Show the guidance."""
    return page(request, "guide.html", guidance=GUIDANCE)
