"""The documentation tells the truth: its snippets run, its excerpts exist, its links and commands lead somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.snippets import Snippet, pages, snippets
from tests.repo.tree import ROOT

BIN = Path(sys.executable).parent
COMMANDS = {"sh": ["/bin/bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}
RUN = [snippet for snippet in snippets() if snippet.promise == "runs"]
QUOTED = [snippet for snippet in snippets() if "." in snippet.promise or "/" in snippet.promise]


@pytest.mark.parametrize("snippet", RUN, ids=lambda snippet: snippet.where)
def test_a_snippet_that_runs_runs_and_prints_what_it_says(snippet: Snippet, tmp_path: Path) -> None:
    env = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    folder = ROOT if snippet.language == "sh" else tmp_path
    command = [*COMMANDS[snippet.language], snippet.text]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line for line in snippet.prints if line.strip() not in done.stdout] == []


@pytest.mark.parametrize("snippet", QUOTED, ids=lambda snippet: snippet.where)
def test_an_excerpt_is_what_its_file_says(snippet: Snippet) -> None:
    assert snippet.text in (ROOT / snippet.promise).read_text("utf-8")


def test_every_block_of_python_is_proved() -> None:
    assert not [s.where for s in snippets() if s.language == "python" and s not in RUN and s not in QUOTED]


@pytest.mark.parametrize("page", pages())
def test_every_link_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)[^)]*\)", (ROOT / page).read_text("utf-8"))
    assert not [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]


@pytest.mark.parametrize("page", pages())
def test_every_make_target_that_a_page_names_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = re.findall(r"(?:`|^)make ([a-z-]+)", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert not set(named) - targets


def test_every_command_that_the_documentation_names_exists() -> None:
    text = "\n".join((ROOT / page).read_text("utf-8") for page in pages())
    named = set(re.findall(r"(?:`|^)seedbed ([a-z]+)", text, re.MULTILINE))
    shown = subprocess.run([BIN / "seedbed", "--help"], capture_output=True, text=True, check=True).stdout
    assert not [word for word in named if not re.search(rf"\b{word}\b", shown)]
