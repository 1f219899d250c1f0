"""A call knows who makes it and how it can be found again; outside of one there is nobody."""

import asyncio

import pytest

from platform_core.call import Call, current_call, the_call
from platform_core.errors import WiringError
from platform_core.testing.people import PEOPLE


def a_call(traceparent: str | None = None) -> Call:
    return Call(principal=PEOPLE["ana"].calling_from(), traceparent=traceparent, request_id="r-1")


@pytest.mark.parametrize(
    ("traceparent", "trace_id"),
    [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0af7651916cd43dd8448eb211c80319c"),
        (None, None),
        ("", None),
        ("0af7651916cd43dd8448eb211c80319c", None),
        ("00-short-b7ad6b7169203331-01", None),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", None),
    ],
)
def test_the_trace_is_the_proxys_or_none(traceparent: str | None, trace_id: str | None) -> None:
    assert a_call(traceparent).trace_id == trace_id


def test_outside_of_a_call_nobody_is_nobody() -> None:
    with pytest.raises(WiringError, match="there is no call here"):
        the_call()


async def test_a_call_is_seen_by_its_own_task_alone() -> None:
    async def visit(call: Call) -> Call:
        current_call.set(call)
        await asyncio.sleep(0)
        return the_call()

    one, two = a_call(), a_call()
    assert [seen is call for seen, call in zip(await asyncio.gather(visit(one), visit(two)), (one, two), strict=True)]
    with pytest.raises(WiringError):
        the_call()


async def test_each_message_of_one_caller_fails_for_itself() -> None:
    call = a_call()
    token = current_call.set(call)
    first = call.next_message()
    first.failure = RuntimeError("first")
    second = call.next_message()
    current_call.reset(token)
    assert first is call
    assert (second.principal, second.request_id, second.failure) == (call.principal, "r-1", None)
