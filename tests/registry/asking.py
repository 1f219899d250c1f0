"""Requests that a description of an API allows, and those that it does not, made up and sent to a running registry."""

import asyncio
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import schemathesis.openapi
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from registry.api.openapi import document
from registry.apps import public_app
from tests.gateway.programs import free_port
from tests.registry.folders import short_folder
from tests.registry.stage import PATIENCE, Issuer, Signer, open_registry, serving

_any: Any = checks  # the library's own types are half unknown
_openapi: Any = openapi_checks
CHECKS = [
    _any.not_a_server_error,
    _openapi.status_code_conformance,
    _openapi.content_type_conformance,
    _openapi.response_schema_conformance,
]


@dataclass(frozen=True, kw_only=True)
class Described:
    """A registry that runs on a port, and its description."""

    base: str
    document: dict[str, Any]
    issuer: Issuer

    def faults(self, people: Sequence[str], *, examples: int) -> list[str]:
        """What answers otherwise than it says of itself."""
        schema: Any = schemathesis.openapi.from_dict(self.document)
        schema.config.update(base_url=self.base)
        return [
            fault
            for each in schema.get_all_operations()
            for login in people
            if (fault := self._fault(each.ok(), login, examples))
        ]

    def _fault(self, operation: Any, login: str, examples: int) -> str | None:
        headers = self.issuer.headers(login)

        @settings(
            max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.validate_response(case.call(headers=headers), checks=CHECKS)

        try:
            ask()
        except (AssertionError, BaseExceptionGroup) as error:
            return f"{operation.label}: {error!r} {getattr(error, 'exceptions', '')}"[:1_500]
        return None


@contextmanager
def described() -> Generator[Described]:
    """One registry with two servers in it, in a loop of its own."""
    port, signer, ready, leave = free_port(), Signer(), threading.Event(), asyncio.Event()
    loop, found = asyncio.new_event_loop(), list[dict[str, Any]]()

    async def run(issuer: Issuer) -> None:
        with short_folder() as folder:
            async with open_registry(folder, issuer, signer) as registry:
                for name in ("presto", "seed"):
                    await registry.make_live(name)
                app = public_app(registry.parts)
                found.append(document(app))
                async with serving((app, port)):
                    ready.set()
                    await leave.wait()

    with Issuer().serving() as issuer:
        thread = threading.Thread(target=lambda: loop.run_until_complete(run(issuer)), daemon=True)
        thread.start()
        assert ready.wait(PATIENCE), "the registry did not start"
        try:
            yield Described(base=f"http://127.0.0.1:{port}", document=found[0], issuer=issuer)
        finally:
            loop.call_soon_threadsafe(leave.set)
            thread.join(PATIENCE)
            loop.close()
