import threading

import anyio

from servers.presto.engine.connections import EACH, Connections
from tests.servers.presto.scripted import Reply, coordinator


async def test_a_request_passes_by_those_that_wait() -> None:
    ends = threading.Event()
    with coordinator(*[Reply(after=ends)] * EACH, Reply()) as served:
        connections = Connections(EACH + 1, verify=False)

        async def ask() -> int:
            async with connections.request("POST", f"{served.url}/v1/statement", {}, b"SELECT 1") as answer:
                return answer.status_code

        async with anyio.create_task_group() as group:
            for _ in range(EACH):
                group.start_soon(ask)
            await served.has_seen("POST", EACH)
            assert await ask() == 200
            ends.set()
        await connections.close()


async def test_what_finds_no_place_waits_for_one() -> None:
    ends = threading.Event()
    with coordinator(*[Reply(after=ends)] * EACH, Reply()) as served:
        connections = Connections(EACH, verify=False)
        answered: list[bytes] = []

        async def ask() -> None:
            async with connections.request("POST", f"{served.url}/v1/statement", {}, b"SELECT 1") as answer:
                answered.append(await answer.aread())

        async with anyio.create_task_group() as group:
            for _ in range(EACH + 1):
                group.start_soon(ask)
            await served.has_seen("POST", EACH)
            assert (len(served.seen), answered) == (EACH, [])
            ends.set()
        assert len(answered) == EACH + 1
        await connections.close()
