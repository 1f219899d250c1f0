"""A call that goes on until its caller leaves or somebody closes what it uses."""

import json
import threading

import httpx2

from tests.e2e.edge import Edge
from tests.e2e.waiting import PATIENCE
from tests.gateway.wire import message, mirrored


class Flight(threading.Thread):
    """Standing in line at the kiosk, as a person; `lands` returns what was told when it is over."""

    def __init__(self, edge: Edge, login: str) -> None:
        super().__init__()
        self._begun, self._told, self._http = threading.Event(), "", edge.client(login)
        self.start()
        assert self._begun.wait(PATIENCE), "the call never began"

    def run(self) -> None:
        sent = message("tools/call", "queue")
        sent["params"]["_meta"]["progressToken"] = "line"
        headers, content = mirrored(sent), json.dumps(sent)
        with self._http, self._http.stream("POST", "/mcp/kiosk", headers=headers, content=content) as answer:
            self._listen(answer)

    def _listen(self, answer: httpx2.Response) -> None:
        try:
            for line in answer.iter_lines():
                self._told += line
                if "progress" in line:
                    self._begun.set()
        except httpx2.TransportError:
            self._told += "cut off"

    def lands(self) -> str:
        """What its caller was told, when it is over."""
        self.join(PATIENCE)
        assert not self.is_alive(), "the call goes on"
        return self._told
