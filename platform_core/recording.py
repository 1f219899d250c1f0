"""From a judged message to its record: redacted, capped, counted and spooled before the answer leaves."""

import hashlib
import itertools
import secrets
import time
import traceback
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from platform_core.call import Call
from platform_core.errors import DomainError, Unavailable
from platform_core.message import Message
from platform_core.policy.decide import Decision
from platform_core.registration.contract import Contract
from platform_core.registration.manifest import Manifest
from platform_core.telemetry.metrics import Metrics
from platform_core.telemetry.record import Body, Entry, Outcome, Record
from platform_core.telemetry.redaction import RESULT_CAP, arguments_text, capped, secret_arguments

_encode = msgspec.json.Encoder(enc_hook=str).encode
_process, _serial = secrets.token_hex(5), itertools.count()


class Spooling(Protocol):
    """Where records go."""

    def write(self, entry: Entry) -> None: ...
    def write_durably(self, entry: Entry) -> None: ...


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A message, its caller and the verdict: what is known before anything runs."""

    call: Call
    message: Message
    decision: Decision
    policy_version: int
    began: float = msgspec.field(default_factory=time.perf_counter)
    id: str = msgspec.field(default_factory=lambda: f"{time.time_ns():016x}{_process}{next(_serial):06x}")
    """The record's id; it sorts by time."""


class Recorder:
    """Writes the records of one server."""

    def __init__(
        self, *, manifest: Manifest, contract: Contract, version: str, environment: str, spool: Spooling
    ) -> None:
        self._manifest, self._contract, self._spool = manifest, contract, spool
        self.metrics = Metrics()
        self._blank = Record(
            id="", time=0.0, environment=environment, server=manifest.name, server_version=version, method="", era="",
            rule="", allowed=False, policy_version=0, outcome="ok", latency_ms=0.0,
        )  # fmt: skip
        self._secret = {name: secret_arguments(tool.input) for name, tool in contract.tools.items()}

    def opened(self, judged: Judged) -> None:
        """Write down a change before it runs, on the disk. Raises `Unavailable` where it can't be kept."""
        self._spool.write_durably(Entry(record=self._record(judged, "unknown", b""), phase="opened"))

    def closed(self, judged: Judged, outcome: Outcome, result: Mapping[str, Any], *, change: bool = False) -> None:
        """Write down how it ended; of a change on the disk."""
        shown = b""
        if result:
            shown = _encode(result.get("structuredContent") or result.get("content") or result.get("contents"))
        record = self._record(judged, outcome, shown)
        entry = Entry(
            record=record, body=Body(id=record.id, result=capped(shown.decode(), RESULT_CAP)) if shown else None
        )
        name = record.tool if record.tool in self._contract.tools else record.method
        self.metrics.count(name or record.method, outcome, record.latency_ms / 1000)
        if change:
            self._close_durably(entry)
        else:
            self._spool.write(entry)

    def _close_durably(self, entry: Entry) -> None:
        try:
            self._spool.write_durably(entry)
        except Unavailable:
            # It has happened, and `opened` says so on the disk: to answer "nothing was changed" now would be a lie.
            self._spool.write(entry)

    def _record(self, judged: Judged, outcome: Outcome, shown: bytes) -> Record:
        call, message, decision = judged.call, judged.message, judged.decision
        who, name = call.principal, message.name
        facts = self._manifest.tools.get(name or "") if message.method == "tools/call" else None
        arguments = message.params.get("arguments")
        crash = call.failure if outcome == "exception" else None
        return msgspec.structs.replace(
            self._blank,
            id=judged.id,
            time=time.time(),
            method=message.method,
            tool=name[:128] if name else None,
            era=message.era,
            user=who.subject or None,
            groups=who.groups,
            business_groups=who.business_groups,
            surface=who.surface,
            client=who.client or None,
            token_id=who.token_id or None,
            channel=who.channel,
            workload=who.workload,
            request_id=call.request_id,
            trace_id=call.trace_id,
            rule=decision.rule,
            allowed=decision.allow,
            policy_version=judged.policy_version,
            outcome=outcome,
            latency_ms=(time.perf_counter() - judged.began) * 1000,
            arguments=arguments_text(arguments, self._secret.get(name or "", frozenset())) if arguments else None,
            result_size=len(shown),
            result_digest="sha256:" + hashlib.sha256(shown).hexdigest() if shown else None,
            error=_error_name(call.failure),
            stack=capped("".join(traceback.format_exception(crash)), RESULT_CAP) if crash else None,
            approval=call.approval,
            minutes=facts.minutes if facts else 0.0,
        )


def outcome_of(call: Call, result: Mapping[str, Any]) -> Outcome:
    """How a call ended that gave a result; a failing tool is HTTP 200 with `isError`, and a question is no failure."""
    if result.get("resultType") == "input_required":
        return "waiting"
    return call.ended or "tool_error" if result.get("isError") else "ok"


def _error_name(failure: BaseException | None) -> str | None:
    if failure is None:
        return None
    return failure.code if isinstance(failure, DomainError) else type(failure).__name__
