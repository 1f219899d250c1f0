"""A server that would not start is told the clause, the fix and who can make it, as one that breaks others is."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_core.testing.standard.__main__ import findings
from platform_core.testing.standard.finding import Finding
from tests.repo.tree import ROOT

Copied = Callable[..., Finding]
WRITES = """
@server.tool()
@authorize_tool(policy="greet")
async def forget(word: str) -> str:
    \"\"\"Forget a word for good.\"\"\"
    return word
"""
FORGET = '  forget: { risk: change, data_class: internal, minutes: 1, basis: "was: wait" }\n'
OWN = [("server.py", "Greet the person", "Welcome the person"), ("server.yaml", "The smallest real server; g", "G")]
"""What a team changes first: nothing of the example is left."""


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Copied:
    """What is found of a copy of the seed in which some text is another."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def copy(*changes: tuple[str, str, str]) -> Finding:
        package = f"copied_{tmp_path.name}"
        monkeypatch.delitem(sys.modules, package, raising=False)
        (tmp_path / package).mkdir()
        for name in ("__init__.py", "server.py", "server.yaml"):
            text = (ROOT / "deploy" / "seed" / name).read_text("utf-8").replace("name: seed", "name: copied")
            for _, before, after in [change for change in (*OWN, *changes) if change[0] == name]:
                assert before in text
                text = text.replace(before, after)
            (tmp_path / package / name).write_text(text, "utf-8")
        (finding,) = findings(package)
        return finding

    return copy


def test_a_tool_that_nobody_decorated_is_refused(copied: Copied) -> None:
    found = copied(("server.py", '@authorize_tool(policy="greet")\n', ""))
    assert (found.clause, found.what) == ("MCP-AUTH-1", "the tool greet has no policy")
    assert "put @authorize_tool(policy=...) under @server.tool()" in found.how
    assert found.who == "its owner: ask platform in #ask-platform"


def test_a_policy_that_nobody_defined_is_refused(copied: Copied) -> None:
    found = copied(("server.py", 'policy="greet"', 'policy="greeting"'))
    assert (found.clause, "defines no policy greeting" in found.what) == ("MCP-AUTH-1", True)
    assert "say there whom it means" in found.how


def test_a_function_that_was_not_published_is_refused(copied: Copied) -> None:
    found = copied(("server.py", "@server.tool()\n", ""))
    assert (found.clause, "greet; put @server.tool()" in found.how) == ("MCP-FACTS-2", True)


def test_a_tool_without_facts_is_refused(copied: Copied) -> None:
    found = copied(("server.yaml", "  greet: { risk", "  wave: { risk"))
    assert (found.clause, "minutes and basis under `tools.greet`" in found.how) == ("MCP-OWNER-2", True)


def test_a_manifest_with_an_unknown_key_is_refused_by_its_place(copied: Copied) -> None:
    found = copied(("server.yaml", "  surfaces: [cli]", "  surfaces: [cli]\n  surface: [cli]"))
    assert (found.clause, found.who) == ("MCP-FACTS-1", "its author")
    assert "proposes.surface: Extra inputs are not permitted" in found.how


def test_a_change_that_asks_nobody_is_refused(copied: Copied) -> None:
    found = copied(
        ("server.py", "\n\n@server.tool()", f"\n{WRITES}\n\n@server.tool()"),
        ("server.yaml", "tools:\n", f"tools:\n{FORGET}"),
    )
    assert (found.clause, found.what) == ("MCP-APPROVAL-1", "forget changes data and asks nobody")
    assert "@requires_approval" in found.how


def test_a_copy_that_kept_its_example_is_refused(copied: Copied) -> None:
    found = copied(("server.py", "Welcome the person", "Greet the person"))
    assert (found.clause, found.what) == ("MCP-FACTS-3", "greet is the seed's example")


def test_a_copy_that_kept_the_summary_is_refused(copied: Copied) -> None:
    found = copied(("server.yaml", "summary: Greets", "summary: The smallest real server; greets"))
    assert (found.clause, found.what) == ("MCP-FACTS-3", "the summary is the seed's")
