"""What happens around every message of every server: verdict, filter, record. Two plain calls over frozen values."""

import hashlib
import logging
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from platform_core.call import Call, current_call, the_call
from platform_core.errors import DomainError
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.decide import LISTING, OPENING, Decision, Target, decide
from platform_core.registration.contract import Contract
from platform_core.registration.manifest import Manifest
from platform_core.telemetry.metrics import Metrics
from platform_core.telemetry.record import Body, Entry, Outcome, Record
from platform_core.telemetry.redaction import RESULT_CAP, arguments_text, capped
from platform_core.telemetry.spans import call_span

log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder(enc_hook=str).encode
_LISTS = {"tools/list": ("tools", "name", "tools/call"), "prompts/list": ("prompts", "name", "prompts/get")} | {
    "resources/list": ("resources", "uri", "resources/read"),
    "resources/templates/list": ("resourceTemplates", "uriTemplate", "resources/read"),
}


class Spooling(Protocol):
    """Where records go."""

    def write(self, entry: Entry) -> None: ...
    def write_durably(self, entry: Entry) -> None: ...


class InForce(Protocol):
    """The policy that is obeyed right now."""

    @property
    def policy(self) -> PolicyArtefact: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One protocol message, reduced to what a verdict and a record need."""

    method: str
    params: Mapping[str, Any]
    era: str

    @property
    def name(self) -> str | None:
        """The tool, prompt or resource that the message names."""
        value = self.params.get("uri" if self.method == "resources/read" else "name")
        return value if isinstance(value, str) else None


class Refused(Exception):
    """The policy says no; the adapter gives it the shape that the method wants."""

    def __init__(self, decision: Decision, how_to_ask: str, trace_id: str | None) -> None:
        super().__init__(decision.rule)
        self.decision, self.how_to_ask, self.trace_id = decision, how_to_ask, trace_id


Next = Callable[[], Awaitable[dict[str, Any]]]


class Layer:
    """The platform around one server."""

    def __init__(
        self,
        *,
        manifest: Manifest,
        contract: Contract,
        version: str,
        environment: str,
        in_force: InForce,
        spool: Spooling,
        metrics: Metrics,
    ) -> None:
        self._manifest, self._contract, self._in_force = manifest, contract, in_force
        self._spool, self.metrics = spool, metrics
        self._blank = Record(
            id="", time=0.0, environment=environment, server=manifest.name, server_version=version, method="", era="",
            rule="", allowed=False, policy_version=0, outcome="ok", latency_ms=0.0,
        )  # fmt: skip
        self._secret = {name: _secret_arguments(tool.input) for name, tool in contract.tools.items()}

    def verdict(self, call: Call, method: str, name: str | None) -> Decision:
        """The policy's answer, now."""
        return decide(self._in_force.policy, call.principal, Target(method, name), now=time.time())

    async def around(self, message: Message, onward: Next) -> dict[str, Any]:
        """Judge, run and remember one request. Raises `Refused`."""
        call, began = the_call().again(), time.perf_counter()
        token = current_call.set(call)
        try:
            return await self._judged(call, message, onward, began)
        finally:
            current_call.reset(token)

    async def _judged(self, call: Call, message: Message, onward: Next, began: float) -> dict[str, Any]:
        decision = self.verdict(call, message.method, message.name)
        if not decision.allow:
            self._remember(call, message, decision, "denied", began, {})
            raise Refused(decision, self._in_force.policy.how_to_ask, call.trace_id)
        if message.method in OPENING:
            return await onward()
        if message.method in LISTING:
            return self._callable_only(call, message.method, await onward())
        return await self._invoke(call, message, decision, onward, began)

    def refuse_at_the_gate(self, call: Call, decision: Decision, era: str) -> None:
        """Remember a caller who was turned away before the protocol began."""
        message = Message(method="connect", params={}, era=era)
        self._remember(call, message, decision, "denied", time.perf_counter(), {})

    def _callable_only(self, call: Call, method: str, result: dict[str, Any]) -> dict[str, Any]:
        """Listed is callable: leave out what the caller would be refused."""
        key, name, verb = _LISTS[method]
        kept = [item for item in result.get(key, ()) if self.verdict(call, verb, item.get(name)).allow]
        return {**result, key: kept}

    async def _invoke(
        self, call: Call, message: Message, decision: Decision, onward: Next, began: float
    ) -> dict[str, Any]:
        promise = self._contract.tools.get(message.name or "") if message.method == "tools/call" else None
        changes = promise is not None and promise.risk == "change"
        identity = _new_id()
        if changes:
            record = self._record(identity, call, message, decision, "unknown", began)
            self._spool.write_durably(Entry(record=record, phase="opened"))
        outcome: Outcome = "cancelled"
        result: dict[str, Any] = {}
        with call_span(message.method, message.name, {"enduser.id": call.principal.subject}, call.traceparent) as span:
            try:
                result = await onward()
                outcome = _outcome(call, result)
            except Exception as error:
                call.failure, outcome = error, "exception"
                raise
            finally:
                span.end(outcome)
                self._remember(call, message, decision, outcome, began, result, identity=identity, durably=changes)
        return result

    def _remember(
        self,
        call: Call,
        message: Message,
        decision: Decision,
        outcome: Outcome,
        began: float,
        result: dict[str, Any],
        *,
        identity: str | None = None,
        durably: bool = False,
    ) -> None:
        record = self._record(identity or _new_id(), call, message, decision, outcome, began)
        body = None
        if result:
            shown = _encode(result.get("structuredContent") or result.get("content") or result.get("contents"))
            record = msgspec.structs.replace(
                record, result_size=len(shown), result_digest="sha256:" + hashlib.sha256(shown).hexdigest()
            )
            body = Body(id=record.id, result=capped(shown.decode(), RESULT_CAP))
        known = message.name if message.name in self._contract.tools else message.method
        self.metrics.count(known or message.method, outcome, record.latency_ms / 1000)
        write = self._spool.write_durably if durably else self._spool.write
        write(Entry(record=record, body=body))

    def _record(
        self, identity: str, call: Call, message: Message, decision: Decision, outcome: Outcome, began: float
    ) -> Record:
        who, name = call.principal, message.name
        facts = self._manifest.tools.get(name or "") if message.method == "tools/call" else None
        arguments = message.params.get("arguments")
        crash = call.failure if outcome == "exception" else None
        return msgspec.structs.replace(
            self._blank,
            id=identity,
            time=time.time(),
            method=message.method,
            tool=name[:128] if name else None,
            era=message.era,
            user=who.subject,
            groups=tuple(sorted(who.groups)),
            business_groups=tuple(sorted(who.business_groups)),
            surface=who.surface,
            client=who.client,
            token_id=who.token_id,
            request_id=call.request_id,
            trace_id=call.trace_id,
            rule=decision.rule,
            allowed=decision.allow,
            policy_version=self._in_force.policy.version,
            outcome=outcome,
            latency_ms=(time.perf_counter() - began) * 1000,
            arguments=arguments_text(arguments, self._secret.get(name or "", frozenset())) if arguments else None,
            error=_error_name(call.failure),
            stack=capped("".join(traceback.format_exception(crash)), RESULT_CAP) if crash else None,
            minutes=facts.minutes if facts else 0.0,
        )


def _outcome(call: Call, result: Mapping[str, Any]) -> Outcome:
    if not result.get("isError"):
        return "ok"
    if call.failure is None or isinstance(call.failure, DomainError):
        return "tool_error"
    return "invalid" if isinstance(call.failure, ValueError) else "exception"


def _error_name(failure: BaseException | None) -> str | None:
    if failure is None:
        return None
    return failure.code if isinstance(failure, DomainError) else type(failure).__name__


def _secret_arguments(schema: Mapping[str, Any]) -> frozenset[str]:
    """Arguments that the author marked secret: `format: password` or `writeOnly` in the schema."""
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    return frozenset(n for n, p in properties.items() if p.get("format") == "password" or p.get("writeOnly"))


def _new_id() -> str:
    """A record id that sorts by time."""
    return f"{time.time_ns():016x}{secrets.token_hex(8)}"


__all__ = ["InForce", "Layer", "Message", "Refused", "Spooling"]
