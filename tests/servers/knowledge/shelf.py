"""Pages that a test writes, and the index over them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from mcp.types import CallToolResult

from platform_core.approval.desk import Desk
from platform_core.auth.principal import Principal
from platform_core.testing import PEOPLE, connect_as, desk_in
from servers.knowledge import keeping
from servers.knowledge.encoder.port import Model, Vectors
from servers.knowledge.keeping import Kept, opened
from servers.knowledge.server import server
from servers.knowledge.settings import KnowledgeSettings

SIZE = 64


class Words:
    """An encoder for tests that are not about meaning: texts with the same words are near each other."""

    def __init__(self, name: str = "words") -> None:
        self.model = Model(name=name, revision="1", dimension=SIZE)

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), SIZE), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors[row, sum(word.encode()) % SIZE] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


@dataclass
class Shelf:
    """Folders of pages, one a source."""

    folder: Path
    patched: pytest.MonkeyPatch
    made: Kept | None = None

    def source(self, *names: str, **facts: object) -> None:
        """List these folders as sources."""
        listed = [
            {"name": name, "title": name.title(), "owner": "olu", "kind": "folder", "path": name} | facts
            for name in names
        ]
        for name in names:
            (self.folder / name).mkdir(exist_ok=True)
        (self.folder / "sources.yaml").write_text(yaml.safe_dump({"sources": listed}))

    def page(self, place: str, text: str, **head: object) -> Path:
        """Write one page; `groups` who may read it."""
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        front = "".join(f"{name}: {json.dumps(value)}\n" for name, value in head.items())
        path.write_text(f"---\n{front}---\n{text}\n" if head else text)
        return path

    @property
    def settings(self) -> KnowledgeSettings:
        return KnowledgeSettings.load(sources=self.folder / "sources.yaml", state=self.folder / "state")

    @property
    def kept(self) -> Kept:
        """The index that the server answers from."""
        if self.made is None:
            self.use(opened(self.settings, Words()))
        assert self.made
        return self.made

    def use(self, kept: Kept) -> None:
        """Let the server answer from this index."""
        self.made = kept
        self.patched.setattr(keeping, "kept", lambda: kept)
        self.patched.setattr("servers.knowledge.session.kept", lambda: kept)

    def sync(self) -> Kept:
        self.kept.sync()
        return self.kept

    def settings_again(self) -> None:
        """Let the environment's settings be in force, as after a restart."""
        self.use(replace(self.kept, settings=self.settings))

    @property
    def desk(self) -> Desk:
        return desk_in(self.folder / "desk", server)

    async def call(self, who: str | Principal, tool: str, **arguments: object) -> CallToolResult:
        """What a tool answers a person."""
        async with connect_as(server, who, desk=self.desk) as knowledge:
            return await knowledge.call_tool(tool, arguments)

    async def told(self, who: str | Principal, tool: str, **arguments: object) -> Any:
        """The fields of an answer that is no error."""
        answer = await self.call(who, tool, **arguments)
        assert not answer.is_error, answer.content
        return answer.structured_content


def somebody(*groups: str, employment: str = "employee") -> Principal:
    """A person of these groups and nothing else."""
    ana = PEOPLE["ana"].calling_from()
    return replace(
        ana,
        subject="somebody",
        groups=frozenset(groups),
        business_groups=frozenset({"support"}),
        employment=employment,
    )
