"""One question to the evaluator: may this one do that, and by which rule?"""

import time
from typing import Any

from platform_core.auth.principal import Principal
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.decide import Decision, Target, decide
from platform_core.policy.standing import CALM, Standing
from platform_core.testing.people import PEOPLE
from tests.platform_core.policies import a_policy

SHOP = a_policy()


def ask(
    who: str | Principal,
    method: str,
    name: str | None = None,
    *,
    policy: PolicyArtefact = SHOP,
    surface: str = "cli",
    client: str = "seedbed-cli",
    now: float | None = None,
    standing: Standing = CALM,
) -> Decision:
    """What the evaluator says to one of the named people, or to somebody of the test's own."""
    principal = PEOPLE[who].calling_from(surface, client=client) if isinstance(who, str) else who
    return decide(policy, principal, Target(method, name), now=time.time() if now is None else now, standing=standing)


def allowed(*args: Any, **kwargs: Any) -> bool:
    """The same, as yes or no."""
    return ask(*args, **kwargs).allow


def verdict(*args: Any, **kwargs: Any) -> tuple[bool, str]:
    """The same, as yes or no and the rule."""
    decision = ask(*args, **kwargs)
    return decision.allow, decision.rule
