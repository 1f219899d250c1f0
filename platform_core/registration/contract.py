"""The tool contract: what a server promises, in a form of our own, and the digest that reviews are bound to."""

from typing import Any, cast

from pydantic import BaseModel, ConfigDict

from platform_core.canonical import digest
from platform_core.policy.artefact import DataClass, Risk, ToolName
from platform_core.registration.manifest import Manifest


class _Promise(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolPromise(_Promise):
    """One tool as the model sees it and as the reviews judge it. `input` and `output` are JSON Schemas."""

    description: str
    input: dict[str, Any]
    output: dict[str, Any] | None
    policy: str
    risk: Risk
    data_class: DataClass
    long: bool = False
    """Answers by a stream, reports progress, can be cancelled."""
    approval: str | None = None
    """What a person is asked before it runs: the fixed question, or `computed`; None where nobody is."""


class NamedPromise(_Promise):
    """A resource or a prompt: what it is for and which policy opens it."""

    description: str
    policy: str


class Contract(_Promise):
    """All that a server promises. Titles, summary, minutes and README are not part of it."""

    server: str
    tools: dict[ToolName, ToolPromise]
    resources: dict[str, NamedPromise] = {}
    prompts: dict[str, NamedPromise] = {}

    @property
    def digest(self) -> str:
        """`sha256:...` over the canonical form; schema words that only decorate (`title`) are left out."""
        said = self.model_dump(mode="json")
        for tool in said["tools"].values():
            tool["input"], tool["output"] = without_titles(tool["input"]), without_titles(tool["output"])
            if tool["approval"] is None:
                del tool["approval"]  # so that what was reviewed before tools could ask is the same promise still
        return digest(said)


class Registration(_Promise):
    """What the pipeline tells the registry about one version of a server."""

    manifest: Manifest
    contract: Contract
    version: str
    """The version of the server's distribution."""


_NAMED = frozenset({"properties", "$defs", "patternProperties", "dependentSchemas"})
"""Words of a schema under which names stand that the author chose; `title` may be one of them."""
_VALUES = frozenset({"default", "const", "enum", "examples"})
"""Words of a schema under which values stand, no schemas."""


def without_titles(schema: object) -> object:
    """Drop the `title` that pydantic invents beside `type`: a library upgrade must not look like a new promise."""
    match schema:
        case dict():
            words = cast("dict[str, object]", schema)
            return {w: _below(w, v) for w, v in words.items() if not (w == "title" and isinstance(v, str))}
        case list():
            return [without_titles(item) for item in cast("list[object]", schema)]
        case _:
            return schema


def _below(word: str, value: object) -> object:
    if word in _VALUES:
        return value
    if word in _NAMED and isinstance(value, dict):
        return {name: without_titles(schema) for name, schema in cast("dict[str, object]", value).items()}
    return without_titles(value)
