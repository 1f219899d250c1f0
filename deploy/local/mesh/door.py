"""The socket where workloads knock: the kernel says which account it is, no workload does."""

import asyncio
import socket
import struct
from pathlib import Path

import grpc
import grpc.aio

from deploy.local.mesh.agent import Agent
from deploy.local.mesh.api import WorkloadApi

AT_ONCE = 65_536


class Door:
    """Relays each connection to the API of the account behind it: gRPC for Python can't ask the kernel itself."""

    def __init__(self, agent: Agent, inside: Path) -> None:
        self._agent, self._inside = agent, inside
        self._servers: dict[int, grpc.aio.Server] = {}

    async def serve(self, listener: socket.socket) -> None:
        """Let workloads in for ever."""
        server = await asyncio.start_unix_server(self._let_in, sock=listener)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            for api in self._servers.values():
                await api.stop(grace=None)

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        account = account_behind(writer.get_extra_info("socket"))
        inner_reader, inner_writer = await asyncio.open_unix_connection(await self._api_of(account))
        await asyncio.gather(_relay(reader, inner_writer), _relay(inner_reader, writer))

    async def _api_of(self, account: int) -> Path:
        path = self._inside / f"{account}.sock"
        if account not in self._servers:
            server = self._servers[account] = grpc.aio.server()
            server.add_generic_rpc_handlers((WorkloadApi(self._agent, account).handlers(),))
            server.add_insecure_port(f"unix:{path}")  # from here on a second connection may wait there
            await server.start()
        return path


def account_behind(connection: socket.socket) -> int:
    """The account at the other end of a unix socket (SO_PEERCRED)."""
    _pid, account, _group = struct.unpack("iII", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return account


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(AT_ONCE):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass  # either end may hang up; the other is told below
    finally:
        writer.close()
