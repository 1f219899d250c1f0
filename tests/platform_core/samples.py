"""Policies and people of every kind, for properties that must hold for all of them."""

from typing import Any

from hypothesis import strategies as st

from platform_core.auth.clients import CLIENTS
from platform_core.auth.principal import Principal

Term = dict[str, Any]
WORDS = ("group", "business_group", "role", "employment", "surface", "channel")
NAMES = ("a", "b", "c")
"""Few names, so that people and policies meet often."""
CALLS = ("tools/call", "resources/read", "prompts/get")
"""The methods that a policy is asked about by name."""
STRANGE = (
    *("", "tools", "tools/Call", "tools/call ", "connect", "completion/complete", "logging/setLevel", "roots/list"),
    *("resources/subscribe", "subscriptions/listen", "tasks/get", "elicitation/create", "sampling/createMessage"),
)
"""Methods that nobody reviewed, of the protocol and of nobody."""


def _fact(word: str, names: list[str]) -> Term:
    return {word: names}


def _nested(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.fixed_dictionaries({"any": several}),
        st.fixed_dictionaries({"all": several}),
        st.fixed_dictionaries({"not": inner}),
    )


_names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3)
_some = st.frozensets(st.sampled_from(NAMES))

TERMS: st.SearchStrategy[Term] = st.recursive(st.builds(_fact, st.sampled_from(WORDS), _names), _nested, max_leaves=8)
ENDS = (*[5000.0] * 9, 1000.5, 1000.0, 999.0)
"""Moments around the one at which properties ask, 1000; most of them later, or nobody would ever be let in."""
SERVICES = tuple(f"spiffe://seedbed.internal/production/service/{name}" for name in NAMES)

PEOPLE_OF_ALL_KINDS = st.builds(
    Principal,
    subject=st.sampled_from(["somebody", "somebody", "somebody", *NAMES]),
    client=st.sampled_from([*CLIENTS, "stranger"]),
    surface=st.sampled_from([*NAMES * 4, "probe", "service", ""]),
    channel=st.sampled_from([*NAMES, None]),
    workload=st.sampled_from([*SERVICES, None]),
    groups=_some,
    business_groups=_some,
    roles=_some,
    employment=st.sampled_from([*NAMES, "", "service"]),
    expires_at=st.sampled_from(ENDS),
)
CALLERS = st.one_of(PEOPLE_OF_ALL_KINDS, PEOPLE_OF_ALL_KINDS, st.builds(Principal.service, st.sampled_from(SERVICES)))
"""People, and services beside them."""
