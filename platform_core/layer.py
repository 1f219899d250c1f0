"""What happens around every message of every server: verdict, list filter, record."""

import functools
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from platform_core.auth.principal import Principal
from platform_core.auth.tokens import MEMO_ENTRIES
from platform_core.call import Call, the_call
from platform_core.errors import DomainError
from platform_core.in_flight import InFlight, Stopped
from platform_core.message import Message, message
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.decide import LISTING, OPENING, Decision, Target, admit, decide, sees_everything
from platform_core.policy.standing import Standing
from platform_core.recording import Judged, Recorder, outcome_of
from platform_core.registration.contract import Contract
from platform_core.telemetry.record import Outcome
from platform_core.telemetry.spans import call_span

_LISTS = {
    "tools/list": ("tools", "name", "tools/call"),
    "prompts/list": ("prompts", "name", "prompts/get"),
    "resources/list": ("resources", "uri", "resources/read"),
    "resources/templates/list": ("resourceTemplates", "uriTemplate", "resources/read"),
}
"""A listing method: where its items stand, which field names one, and the method that an item is for."""

_WITHDRAWN = "its page in the registry says why, and whom to ask"

Next = Callable[[], Awaitable[dict[str, Any]]]


class InForce(Protocol):
    """What is obeyed right now. No policy means that the server was withdrawn, and then nobody may do anything."""

    @property
    def policy(self) -> PolicyArtefact | None: ...
    @property
    def standing(self) -> Standing: ...


class Refused(Exception):
    """The policy says no; the adapter gives it the shape that the method wants."""

    def __init__(self, decision: Decision, how_to_ask: str, trace_id: str | None) -> None:
        super().__init__(decision.rule)
        self.decision, self.how_to_ask, self.trace_id = decision, how_to_ask, trace_id


class Layer:
    """The platform around one server: two plain calls over frozen values, a verdict before and a record after."""

    def __init__(self, *, contract: Contract, in_force: InForce, recorder: Recorder) -> None:
        self._contract, self._in_force, self._recorder = contract, in_force, recorder
        self.metrics = recorder.metrics
        self._opened: dict[int, tuple[Principal, PolicyArtefact | None, Standing, Decision]] = {}
        self._in_flight = InFlight()

    def verdict(self, call: Call, method: str, name: str | None = None) -> Decision:
        """The policy's answer, now."""
        policy = self._in_force.policy
        if policy is None:
            return self._withdrawn()
        now, standing = time.time(), self._in_force.standing
        return decide(policy, call.principal, Target(method, name), now=now, standing=standing)

    def opening(self, call: Call) -> Decision:
        """May this caller come to the server at all? Every message is judged again; only a yes is kept, for the
        same person under the same policy and standing."""
        policy, standing, who = self._in_force.policy, self._in_force.standing, call.principal
        kept = self._opened.get(id(who))
        if kept is not None and kept[0] is who and kept[1] is policy and kept[2] is standing:
            return kept[3]
        if policy is None:
            return self._withdrawn()
        decision = admit(policy, who, now=time.time(), standing=standing)
        if decision.allow and who.kind == "person":
            if len(self._opened) >= MEMO_ENTRIES:
                self._opened.clear()
            self._opened[id(who)] = (who, policy, standing, decision)
        return decision

    def _withdrawn(self) -> Decision:
        server = self._contract.server
        return Decision(False, f"{server}/withdrawn", f"{server} was withdrawn and is not live here")

    def judge_again(self) -> None:
        """What is in force has changed: stop the calls in flight that were suspended, or whose server was withdrawn."""
        self._in_flight.judge(self._closed_meanwhile)

    def _closed_meanwhile(self, judged: Judged) -> Decision | None:
        decision = self.verdict(judged.call, judged.message.method, judged.message.name)
        closed = not decision.allow and decision.rule.endswith(("/suspended", "/withdrawn"))
        return decision if closed else None

    def turned_away(self, call: Call, decision: Decision, era: str) -> None:
        """Remember a caller whom the business-group gate refused before the protocol began."""
        self._recorder.closed(self._judged(call, message("connect", None, era), decision), "denied", {})

    async def around(self, asked: Message, onward: Next) -> dict[str, Any]:
        """Judge, run and remember one request. Raises `Refused`."""
        call = the_call().next_message()
        call.may, call.in_force = functools.partial(self._may, call), self._in_force_name()
        judged = self._judged(call, asked, self.verdict(call, asked.method, asked.name))
        if not judged.decision.allow:
            self._recorder.closed(judged, "denied", {})
            raise self._refused(call, judged.decision)
        if asked.method in OPENING:
            return await onward()
        if asked.method in LISTING:
            return self._callable_only(call, asked.method, await onward())
        return await self._invoked(judged, onward)

    def _may(self, call: Call, tool: str) -> bool:
        return self.verdict(call, "tools/call", tool).allow

    def _in_force_name(self) -> str:
        policy = self._in_force.policy
        if policy is None:
            return ""
        return f"{policy.environment}/{policy.server}/{policy.version}/{policy.contract_digest}"

    def _refused(self, call: Call, decision: Decision) -> Refused:
        policy = self._in_force.policy
        return Refused(decision, policy.how_to_ask if policy else _WITHDRAWN, call.trace_id)

    def _judged(self, call: Call, asked: Message, decision: Decision) -> Judged:
        policy = self._in_force.policy
        return Judged(call=call, message=asked, decision=decision, policy_version=policy.version if policy else 0)

    def _callable_only(self, call: Call, method: str, result: dict[str, Any]) -> dict[str, Any]:
        """Listed is callable: leave out what the caller would be refused."""
        key, name, verb = _LISTS[method]
        if sees_everything(call.principal):
            return result
        kept = [item for item in result.get(key, ()) if self.verdict(call, verb, item.get(name)).allow]
        return {**result, key: kept}

    async def _invoked(self, judged: Judged, onward: Next) -> dict[str, Any]:
        call, asked = judged.call, judged.message
        promise = self._contract.tools.get(asked.name or "") if asked.method == "tools/call" else None
        change = promise is not None and promise.risk == "change"
        if change:
            self._recorder.opened(judged)
        outcome: Outcome = "cancelled"
        result: dict[str, Any] = {}
        with call_span(asked.method, asked.name, call.principal.subject, call.traceparent) as span:
            try:
                result = await self._in_flight.run(judged, onward)
                outcome = outcome_of(call, result)
            except Stopped as stopped:
                raise self._refused(call, stopped.why) from None
            except Exception as error:
                call.failure = error
                outcome = "tool_error" if isinstance(error, DomainError) else "exception"
                raise
            finally:
                span.end(outcome)
                self._recorder.closed(judged, outcome, result, change=change)
        return result
