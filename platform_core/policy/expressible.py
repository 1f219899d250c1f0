"""What the proxy can say too: a policy that only one of the two locks could enforce is refused beforehand."""

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.expression import AllOf, AnyOf, Expression, Not

DEEPEST = 16
"""Levels of any, all and not within each other; the proxy's own format ends not far below."""


def inexpressible(artefact: PolicyArtefact) -> str | None:
    """Say which rule of `artefact` can't be enforced by the proxy and how to mend it; None if all can."""
    for name, expression in sorted(artefact.policies.items()):
        if not _grounded(expression):
            return (
                f"policy {name} of {artefact.server} says only who may not: beside `not` put a term that says who may, "
                "like {all: [{employment: employee}, {not: {group: x}}]}"
            )
        if _depth(expression) > DEEPEST:
            return f"policy {name} of {artefact.server} is nested more than {DEEPEST} levels deep: write it flatter"
    return None


def _grounded(expression: Expression) -> bool:
    """Whoever satisfies it has proved a fact about themselves; nothing missing or malformed is enough."""
    match expression:
        case AnyOf(any=terms):
            return all(_grounded(term) for term in terms)
        case AllOf(all=terms):
            return any(_grounded(term) for term in terms)
        case Not():
            return False
        case _:
            return True


def _depth(expression: Expression) -> int:
    match expression:
        case AnyOf(any=terms) | AllOf(all=terms):
            return 1 + max(_depth(term) for term in terms)
        case Not(negated=term):
            return 1 + _depth(term)
        case _:
            return 1
