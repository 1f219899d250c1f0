"""Policies for tests: one server with a tool of each kind, its resources and its prompts."""

import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.keys import PinnedKeys
from platform_core.policy.suspend import Suspensions

KEY = Ed25519PrivateKey.generate()
EMERGENCY = Ed25519PrivateKey.generate()
PINNED = PinnedKeys(policy={"dev-1": KEY.public_key()}, emergency={"red-1": EMERGENCY.public_key()})
DIGEST = "sha256:" + "0" * 64


def a_policy(**changed: Any) -> PolicyArtefact:
    """The policy of `shop`: open to finance, and for browsing to support too."""
    now = int(time.time())
    facts: dict[str, Any] = {
        "server": "shop",
        "environment": "production",
        "version": 1,
        "issued_at": now,
        "not_after": now + 3600,
        "contract_digest": DIGEST,
        "reviews": [{"kind": "security", "reviewer": "sam", "ticket": "SEC-1"}],
        "reach": {"surfaces": ["cli"]},
        "gate": {"business_groups": ["finance"], "browse": ["support"]},
        "policies": {
            "browse": {"employment": "employee"},
            "buy": {"all": [{"employment": "employee"}, {"role": "analyst"}]},
        },
        "tools": {
            "look": {"policy": "browse", "risk": "low", "data_class": "internal"},
            "buy": {"policy": "buy", "risk": "cost", "data_class": "internal"},
            "paint": {"policy": "buy", "risk": "change", "data_class": "internal"},
        },
        "resources": {"shop://rules": "browse", "shop://ledger": "buy"},
        "prompts": {"greeting": "browse", "offer": "buy"},
        "how_to_ask": "ask shopkeepers in #ask-shop",
    }
    return PolicyArtefact.model_validate(facts | changed)


def suspended(*entries: dict[str, str], version: int = 1, environment: str = "production") -> Suspensions:
    """Everything that is closed: `{"server": "shop"}`, `{"server": "shop", "tool": "look"}`, `{"person": "ana"}`."""
    facts = {"reason": "an incident", "by": "sam", "at": 0}
    return Suspensions.model_validate(
        {
            "environment": environment,
            "version": version,
            "issued_at": 0,
            "entries": [facts | entry for entry in entries],
        }
    )
