"""Who may take a person's answer: their own client where no data changes, else a surface of ours or the page."""

from platform_core.approval.record import Way
from platform_core.auth.principal import Principal
from platform_core.policy.artefact import Environment, Risk

WITNESSES = frozenset({"web-chat", "chat-bot"})
"""Our own surfaces: they show a question to the person themselves, and their SPIFFE identity says that it was they."""


def is_witness(who: Principal, environment: Environment) -> bool:
    """Whether the call comes from a surface of ours, by the identity of its workload and not by its token's word."""
    if who.surface not in WITNESSES or who.kind != "person" or who.workload is None:
        return False
    return who.workload.endswith(f"/{environment}/{who.surface}")


def way_of(risk: Risk, who: Principal, environment: Environment, *, form: bool) -> Way:
    """Where `who` is asked. `form`: whether the client said that it can show one."""
    # An agent's client may say yes by itself: what changes data needs a witness that is not the agent's.
    return "form" if form and (risk != "change" or is_witness(who, environment)) else "page"
