"""What 100 rows cost a model: counted on what Claude Code and pydantic-ai really hand on, beside plain CSV."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.rows import Row
from tests.bench.serving import serving
from tests.bench.tokens import make
from tests.e2e.fake_model import FakeModel
from tests.gateway.programs import free_port
from tests.gateway.programs import serving as in_here
from tests.npm import programs

AGENT = ("pydantic-ai-slim[mcp]==2.62.0", "bpe-openai==0.1.4")
COUNTED = "o200k_base"
LINES = "SELECT * FROM tpch.tiny.lineitem ORDER BY orderkey, linenumber LIMIT 100"
PATIENCE = 180


def run(text: str, csv: str, tools: list[Any]) -> list[Row]:
    """Rows for what each client hands to its model of `LINES`, and for the list of tools; none where the programs that
    are needed can't be had. `text` is the answer's; `csv` is what others make of the same rows."""
    python = _python()
    if python is None:
        print(f"    presto: {' and '.join(AGENT)} can't be installed here, tokens are left out", file=sys.stderr)
        return []
    listed = json.dumps([tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools])
    said = {"its text": text, **_handed(python)}
    plain, list_size, *sizes = _counted(python, [csv, listed, *said.values()])
    return [
        *(
            Row(part="presto", work=f"100 lineitem rows, {who}, beside plain CSV ({COUNTED})", ours=size,
                baseline=plain, unit="tokens", ratio=size / plain, bar=1.0)
            for who, size in zip(said, sizes, strict=True)
        ),
        Row(part="presto", work=f"the list of all eight tools ({COUNTED})", ours=list_size, baseline=2500,
            unit="tokens", ratio=list_size / 2500, bar=1.0),
    ]  # fmt: skip


def _handed(python: str) -> dict[str, str]:
    """What each client hands on; the engine is the one that the settings name."""
    with tempfile.TemporaryDirectory(prefix="sb-bt-") as folder:
        token = make(Path(folder))
        with serving("tests.bench.presto_served", folder) as served:
            url = f"http://127.0.0.1:{served.port}/mcp"
            handed = {"as pydantic-ai hands them on": _run([python, _program(), url, token, LINES])}
            try:
                handed["as Claude Code hands them on"] = _by_claude_code(url, token, Path(folder))
            except programs.NoPackages as error:
                print(f"    presto: no Claude Code here: {error}", file=sys.stderr)
    return handed


def _by_claude_code(url: str, token: str, folder: Path) -> str:
    model, room = _Keeping(tool="mcp__presto__run_query", arguments={"sql": LINES}), folder / "room"
    room.mkdir()
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-User": "ana"}
    servers = {"mcpServers": {"presto": {"type": "http", "url": url, "headers": headers}}}
    (room / "mcp.json").write_text(json.dumps(servers))
    flags = ["--mcp-config", "mcp.json", "--strict-mcp-config", "--allowedTools", "mcp__presto__run_query"]
    with _thinking(model) as address:
        settings = {
            "PATH": os.environ["PATH"], "HOME": str(room), "ANTHROPIC_BASE_URL": address, "ANTHROPIC_API_KEY": "none",
            "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "ENABLE_TOOL_SEARCH": "false",
        }  # fmt: skip
        command = [*programs.claude_code(), "-p", "How?", *flags, "--model", "claude-sonnet-4-6"]
        subprocess.run(command, cwd=room, env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       timeout=PATIENCE, check=True)  # fmt: skip
    return model.handed


class _Keeping(FakeModel):
    """Keeps the result that it was handed."""

    handed = ""

    def _reply(self, asked: dict[str, Any]) -> dict[str, Any]:
        reply = super()._reply(asked)
        said = reply["content"][0].get("text", "")
        self.handed = said.removeprefix("The tool said: ") if said.startswith("The tool said: ") else self.handed
        return reply


@contextmanager
def _thinking(model: FakeModel) -> Generator[str]:
    port = free_port()
    with in_here(model, port=port):
        yield f"http://127.0.0.1:{port}"


def _counted(python: str, texts: list[str]) -> list[int]:
    counts: list[int] = json.loads(_run([python, _program(), "-"], json.dumps(texts)))
    return counts


def _run(command: list[str], said: str = "") -> str:
    done = subprocess.run(command, input=said, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return done.stdout.rstrip("\n")


def _program() -> str:
    return str(Path(__file__).with_name("agent.py"))


def _python() -> str | None:
    """A Python with both in the user's cache folder, made at the first time; None where that can't be had."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seedbed" / AGENT[0].replace("[mcp]", "")
    python, uv = home / "bin" / "python", ".tools/bin/uv"
    if not python.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        steps = (
            [uv, "venv", "-q", "--python", sys.executable, str(home)],
            [uv, "pip", "install", "-q", "-p", str(python), *AGENT],
        )
        if any(subprocess.run(step, check=False).returncode for step in steps):
            return None
    return str(python)
