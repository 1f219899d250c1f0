"""What Airflow's DAGs say of themselves: id, owner, schedule and documentation, read out of their files, never run."""

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from servers.knowledge.index.audience import NOBODY, Audience
from servers.knowledge.sources.folder import below, read_bytes
from servers.knowledge.sources.markup import decoded
from servers.knowledge.sources.page import Page, Place, SourceDown, Unreadable

READ_AS = 1
_MAKERS = ("DAG", "dag")
_DOC, _OWNER, _SCHEDULE = "doc_md", "owner", "schedule"


@dataclass(frozen=True, kw_only=True)
class Dags:
    """The DAGs below one folder. Airflow knows who may see a DAG and its file does not: `audience` says so for all."""

    name: str
    title: str
    owner: str
    path: Path
    audience: Audience = NOBODY
    url: str = ""
    """Where people find a DAG, with {dag} in it."""

    def places(self) -> Iterator[Place]:
        if not self.path.is_dir():
            raise SourceDown(f"there is no folder {self.path}")
        root = self.path.resolve()
        for path in sorted(below(root, (".py",))):
            key = path.relative_to(root).as_posix()
            try:
                raw = read_bytes(path)
            except (OSError, Unreadable):
                continue  # a module of this size is no DAG
            seen = hashlib.sha256(raw)
            seen.update(repr((READ_AS, sorted(self.audience), self.url, self.owner)).encode())
            if b"dag" in raw.lower():
                yield Place(key=key, fingerprint=seen.hexdigest(), read=partial(self._page, path))

    def _page(self, path: Path) -> Page:
        try:
            found = list(_dags(_parsed(read_bytes(path))))
        except OSError as error:
            raise Unreadable(f"{error.strerror}") from None
        names = [str(facts.get("dag_id", "")) for facts in found if facts.get("dag_id")]
        if not names:
            raise Unreadable("no DAG in it has an id that stands there in full")
        text = "\n\n".join(filter(None, (_described(facts) for facts in found)))
        team = next((str(facts[_OWNER]) for facts in found if facts.get(_OWNER)), "")  # a team, by Airflow's custom
        url = self.url.replace("{dag}", quote(names[0])) if self.url else ""
        return Page(title=f"DAG {', '.join(names)}", text=text, audience=self.audience, url=url, team=team)


def _parsed(raw: bytes) -> ast.Module:
    try:
        return ast.parse(decoded(raw))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"it is no Python that can be read: {error}") from None


def _dags(module: ast.Module) -> Iterator[Mapping[str, object]]:
    """The arguments of everything that makes a DAG, as far as they stand there."""
    whole = ast.get_docstring(module) or ""
    constants = _constants(module)
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            for made in node.decorator_list:
                if _makes(made):
                    own = ast.get_docstring(node) or whole
                    yield {"dag_id": node.name} | _arguments(made, constants, own)
        elif isinstance(node, ast.Call) and _makes(node) and _name(node.func) == "DAG":
            yield _arguments(node, constants, whole)


def _makes(node: ast.expr) -> bool:
    return _name(node.func if isinstance(node, ast.Call) else node) in _MAKERS


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _arguments(node: ast.expr, constants: Mapping[str, object], doc: str) -> dict[str, object]:
    if not isinstance(node, ast.Call):
        return {_DOC: doc}
    named = {each.arg: _value(each.value, constants, doc) for each in node.keywords if each.arg}
    if node.args:
        named.setdefault("dag_id", _value(node.args[0], constants, doc))
    defaults = named.get("default_args")
    if isinstance(defaults, Mapping):
        named.setdefault(_OWNER, defaults.get(_OWNER))  # type: ignore[union-attr]
    named[_DOC] = named.get(_DOC) or doc
    return {name: value for name, value in named.items() if value is not None}


def _constants(module: ast.Module) -> dict[str, object]:
    found: dict[str, object] = {}
    for node in module.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = _value(node.value, found, "")
    return found


def _value(node: ast.expr, constants: Mapping[str, object], doc: str) -> object:
    """What stands there, if it can be read without running anything."""
    if isinstance(node, ast.Name):
        return doc if node.id == "__doc__" else constants.get(node.id)
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {key.value: _value(value, constants, doc) for key, value in pairs if isinstance(key, ast.Constant)}
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _described(facts: Mapping[str, object]) -> str:
    if not facts.get("dag_id"):
        return ""
    said = [f"# {facts['dag_id']}", str(facts.get("description") or ""), str(facts.get(_DOC) or "")]
    said += [f"Schedule: {facts[_SCHEDULE]}"] if facts.get(_SCHEDULE) else []
    tags: Any = facts.get("tags") if isinstance(facts.get("tags"), list) else ()
    said += [f"Tags: {', '.join(str(tag) for tag in tags)}"] if tags else []
    return "\n\n".join(filter(None, said))
