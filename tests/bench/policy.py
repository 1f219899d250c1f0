"""What policies cost: one artefact verified, and one change pushed to a thousand followers."""

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from platform_core.policy.follow import Follower
from platform_core.policy.lease import LeaseClock
from platform_core.policy.sign import SignedArtefact, verify
from tests.bench.rows import Row
from tests.platform_core.policies import PINNED, a_policy
from tests.platform_core.registry import running_registry, signed

FOLLOWERS, VERIFIED = 1_000, 500
PATIENCE = 300.0


def run() -> list[Row]:
    """Measure and return the rows."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sb-bench-")))
        return [_verification(), asyncio.run(_push(folder))]


def _verification() -> Row:
    """From the line on the wire to a policy that may be obeyed: envelope, signature, every field."""
    wire = signed(a_policy()).model_dump(mode="json")
    taken: list[float] = []
    for _ in range(VERIFIED):
        began = time.perf_counter()
        verify(SignedArtefact.model_validate(wire), PINNED)
        taken.append((time.perf_counter() - began) * 1000)
    middle = statistics.median(taken)
    return Row(part="core", work="verification of one artefact", ours=middle, unit="ms", ratio=middle, bar=1.0)


async def _push(folder: Path) -> Row:
    """Followers of one server in one process, each on a socket of its own, as a thousand replicas would be."""
    with running_registry(folder) as registry:
        registry.publish(a_policy())
        followers = [_follower(folder, registry.socket, number) for number in range(FOLLOWERS)]
        arrived, everywhere = list[float](), asyncio.Event()

        def note(follower: Follower) -> None:
            policy = follower.current.get("shop")
            if policy is not None and policy.version == 2:
                arrived.append(time.perf_counter())
            if len(arrived) == FOLLOWERS:
                everywhere.set()

        for follower in followers:
            follower.on_change(partial(note, follower))
        work = [asyncio.create_task(follower.run()) for follower in followers]
        print(f"    core: {FOLLOWERS} followers connect", file=sys.stderr, flush=True)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(follower.wait_ready() for follower in followers))
            await asyncio.to_thread(registry.wait_for, lambda r: len(r.asked) == FOLLOWERS)
            began = time.perf_counter()
            registry.publish(a_policy(version=2))
            await everywhere.wait()
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
    p95 = sorted(moment - began for moment in arrived)[int(0.95 * FOLLOWERS)]
    return Row(part="core", work=f"a change pushed to {FOLLOWERS} followers, obeyed, p95", ours=p95, unit="s")


def _follower(folder: Path, registry: Path, number: int) -> Follower:
    state = folder / str(number)
    lease = LeaseClock(state / "lease", sensitive=3_600, whole=86_400)
    lease.heard()
    return Follower(
        registry=registry, environment="production", keys=PINNED, state=state, suspensions=folder, lease=lease,
        server="shop",
    )  # fmt: skip
