"""A registration that keeps every clause, changed at will."""

from typing import Any

from deploy.seed.server import server
from platform_core.registration.contract import Registration

PROMISE: dict[str, Any] = {
    "description": "Find one thing by its name.",
    "input": {"type": "object", "properties": {"name": {"type": "string"}}},
    "output": None,
    "policy": "greet",
    "risk": "low",
    "data_class": "internal",
}
FACTS = {"risk": "low", "data_class": "internal", "minutes": 1, "basis": "was: walk there"}


def said(**manifest: Any) -> Registration:
    """What the seed registers, with other facts."""
    own = Registration(manifest=server.manifest, contract=server.contract(), version="1").model_dump(by_alias=True)
    return Registration.model_validate(own | {"manifest": own["manifest"] | manifest})


def with_tools(**tools: dict[str, Any]) -> Registration:
    """The same with other tools: each is a plain one, but for what is given."""
    promises = {name: PROMISE | changed for name, changed in tools.items()}
    facts = {
        name: FACTS | {word: promise[word] for word in ("risk", "data_class")} for name, promise in promises.items()
    }
    plain = said(tools=facts)
    contract = plain.contract.model_dump() | {"tools": promises}
    return Registration.model_validate(plain.model_dump(by_alias=True) | {"contract": contract})
