"""One span per call through the OpenTelemetry API: nothing is made where no exporter is set up."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()
_STAND_INS = (trace.ProxyTracerProvider, trace.NoOpTracerProvider)


class Span(Protocol):
    """What a call says of itself at its end."""

    def end(self, outcome: str) -> None: ...


class _Silent:
    def end(self, outcome: str) -> None:
        return None


class _Spoken:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def end(self, outcome: str) -> None:
        if outcome not in ("ok", "waiting"):
            self._span.set_attribute("error.type", outcome)
            self._span.set_status(Status(StatusCode.ERROR))


_SILENT = _Silent()


def exporting() -> bool:
    """Whether somebody set up a tracer provider; the API's own stand-in makes spans that go nowhere."""
    return type(trace.get_tracer_provider()) not in _STAND_INS


def call_span(method: str, tool: str | None, person: str, traceparent: str | None) -> AbstractContextManager[Span]:
    """A SERVER span for one message, child of the proxy's span (`traceparent` is the proxy's header)."""
    if not exporting():
        return nullcontext(_SILENT)
    return _CallSpan(method, tool, person, traceparent)


class _CallSpan(AbstractContextManager[Span]):
    def __init__(self, method: str, tool: str | None, person: str, traceparent: str | None) -> None:
        parent = _propagator.extract({"traceparent": traceparent}) if traceparent else None
        named = {"mcp.method.name": method, "enduser.id": person} | ({"gen_ai.tool.name": tool} if tool else {})
        self._manager = trace.get_tracer("seedbed").start_as_current_span(
            f"{method} {tool}" if tool else method,
            kind=SpanKind.SERVER,
            context=parent,
            attributes=named,
            set_status_on_exception=True,
        )

    def __enter__(self) -> Span:
        return _Spoken(self._manager.__enter__())

    def __exit__(self, *exc: object) -> bool | None:
        return self._manager.__exit__(*exc)  # type: ignore[arg-type]
