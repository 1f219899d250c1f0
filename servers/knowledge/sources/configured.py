"""The sources of a file: which there are, of which kind, whose, and who may read what does not say so itself."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from platform_core import WiringError
from platform_core.policy.artefact import Name
from servers.knowledge.settings import KnowledgeSettings
from servers.knowledge.sources.dags import Dags
from servers.knowledge.sources.folder import Folder
from servers.knowledge.sources.mesh import Mesh
from servers.knowledge.sources.page import Source, SourceDown
from servers.knowledge.sources.root_causes import URI, RootCauses


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
    title: Annotated[str, Field(min_length=1, max_length=100)]
    owner: Annotated[str, Field(min_length=1, max_length=100)]
    groups: tuple[str, ...] = ()
    """For documents that say nothing of groups; `everyone` is all employees, none is nobody."""


class _PathEntry(_Entry):
    path: Path
    url: str = ""
    """Where people find a page, with {path} in it; a DAG, with {dag}."""


class FolderEntry(_PathEntry):
    kind: Literal["folder"]


class DagsEntry(_PathEntry):
    kind: Literal["dags"]


class SparkEntry(_Entry):
    """Root causes of the Spark server of this environment, each for the groups that it names itself."""

    kind: Literal["spark"]
    server: Name = "spark"


def _source(entry: "Entry", base: Path, mesh: Mesh | None) -> Source:
    name, title, owner = entry.name, entry.title, entry.owner
    if isinstance(entry, SparkEntry):
        return RootCauses(name=name, title=title, owner=owner, read=partial(_read, mesh, entry.server))
    kind = Folder if isinstance(entry, FolderEntry) else Dags
    path, audience = base / entry.path, frozenset(entry.groups)
    return kind(name=name, title=title, owner=owner, path=path, audience=audience, url=entry.url)


def _read(mesh: Mesh | None, server: str) -> str:
    if mesh is None:
        raise SourceDown("there is no way to other servers: SEEDBED_KNOWLEDGE_MESH and ..._WORKLOAD_SOCKET name one")
    return mesh.read(server, URI)


Entry = Annotated[FolderEntry | DagsEntry | SparkEntry, Field(discriminator="kind")]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sources: tuple[Entry, ...]


def sources(path: Path, mesh: Mesh | None = None) -> Sequence[Source]:
    """The sources that the file at `path` lists; `mesh` leads to other servers. Raises `WiringError`."""
    try:
        listed = _File.model_validate(yaml.safe_load(path.read_text("utf-8"))).sources
    except (OSError, yaml.YAMLError) as error:
        raise WiringError(f"the sources can't be read from {path}: {error}") from None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise WiringError(f"the sources in {path}: {faults}") from None
    names = [each.name for each in listed]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise WiringError(f"{path} has two sources called {', '.join(twice)}")
    return [_source(each, path.parent, mesh) for each in listed]


def of(settings: KnowledgeSettings) -> Sequence[Source]:
    """The sources of these settings. Raises `WiringError`."""
    return sources(settings.sources, _mesh(settings))


def _mesh(settings: KnowledgeSettings) -> Mesh | None:
    """The way to other servers, where the settings name one."""
    if settings.mesh is None or settings.workload_socket is None:
        return None
    return Mesh(
        base=settings.mesh, socket=settings.workload_socket, identity=settings.identity, gateway=settings.gateway
    )
