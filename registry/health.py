"""Is the registry alive, and can it answer; the same two questions on both of its sockets."""

from fastapi import APIRouter, Response

from registry.parts import PartsHere

router = APIRouter(prefix="/health")


@router.get("/live")
async def live() -> dict[str, str]:
    return {"status": "live"}


@router.get("/ready")
async def ready(parts: PartsHere, response: Response) -> dict[str, str]:
    """Ready means: the database answers, the servers were read, and the issuer's keys have been seen."""
    await parts.present.of("production")
    async with parts.database.reading() as connection:
        await connection.exec_driver_sql("SELECT 1")
    if parts.broadcast.closed:
        response.status_code = 503
        return {"status": "leaving"}
    if not parts.keys.set.keys:
        response.status_code = 503
        return {"status": "waits for the identity provider's keys"}
    return {"status": "ready"}
