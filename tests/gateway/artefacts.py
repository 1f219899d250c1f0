"""Policies that the tests compile and enforce."""

from typing import Any

from platform_core.policy.artefact import PolicyArtefact

FOR_EVER = 4_000_000_000

SEED: dict[str, Any] = {
    "server": "seed",
    "environment": "production",
    "version": 1,
    "issued_at": 1,
    "not_after": FOR_EVER,
    "contract_digest": "sha256:" + "0" * 64,
    "reviews": [{"kind": "security", "reviewer": "sam", "ticket": "demo-1"}],
    "reach": {"surfaces": ["cli"]},
    "gate": {"business_groups": ["finance"], "browse": ["support"]},
    "policies": {
        "browse": {"employment": "employee"},
        "query": {"role": "analyst"},
        "change": {"all": [{"role": "operator"}, {"not": {"group": "vendor-acme"}}]},
    },
    "tools": {
        "find": {"policy": "browse", "risk": "low", "data_class": "internal"},
        "query": {"policy": "query", "risk": "cost", "data_class": "internal"},
        "drop": {"policy": "change", "risk": "change", "data_class": "internal"},
        "salaries": {"policy": "query", "risk": "low", "data_class": "restricted"},
        "secrets": {"policy": "browse", "risk": "low", "data_class": "restricted"},
    },
    "prompts": {"explain": "query"},
    "resources": {"seed://about": "browse"},
    "how_to_ask": "ask platform in #ask-platform",
}


def artefact(**changes: Any) -> PolicyArtefact:
    """The policy of `seed`, with `changes`."""
    return PolicyArtefact.model_validate(SEED | changes)


def open_to_all(server: str = "open") -> PolicyArtefact:
    """A server that everybody may use, contractors included."""
    return artefact(
        server=server,
        gate={"business_groups": ["*"]},
        policies={"greet": {"employment": ["employee", "contractor"]}},
        tools={"greet": {"policy": "greet", "risk": "low", "data_class": "public"}},
        prompts={},
        resources={},
        how_to_ask="ask anybody",
    )
