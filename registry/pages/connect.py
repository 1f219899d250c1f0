"""How to connect a client: what to write where. Each of these is tried by a test with the real program."""

import json
from dataclasses import dataclass

from platform_core.policy.artefact import Environment

VARIABLE = "SEEDBED_TOKEN"


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """A text to copy, and where it goes."""

    where: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Client:
    """One client of people."""

    name: str
    snippets: tuple[Snippet, ...]
    note: str


def clients(server: str, url: str, environment: Environment) -> list[Client]:
    """The clients that a test connects."""
    option = " --env dev" if environment == "dev" else ""
    helper = f"seedbed headers {server}{option}"
    return [
        Client(
            name="Claude Code",
            snippets=(Snippet(where=".mcp.json of a project", text=claude_code(server, url, helper)),),
            note="It asks the command for a fresh token whenever it connects.",
        ),
        Client(
            name="Codex",
            snippets=(
                Snippet(where="~/.codex/config.toml", text=codex(server, url)),
                Snippet(where="In the shell, before you start Codex", text=token_from(helper)),
            ),
            note="The token lasts a quarter of an hour at most; then export it anew and start again.",
        ),
        Client(
            name="OpenCode",
            snippets=(
                Snippet(where="opencode.json of a project", text=opencode(server, url)),
                Snippet(where="In the shell, before you start OpenCode", text=token_from(helper)),
            ),
            note="The token lasts a quarter of an hour at most; then export it anew and start again.",
        ),
    ]


def claude_code(server: str, url: str, helper: str) -> str:
    return _json({"mcpServers": {server: {"type": "http", "url": url, "headersHelper": helper}}})


def codex(server: str, url: str) -> str:
    return f'[mcp_servers.{server}]\nurl = "{url}"\nbearer_token_env_var = "{VARIABLE}"'


def opencode(server: str, url: str) -> str:
    headers = {"Authorization": f"Bearer {{env:{VARIABLE}}}"}
    return _json({"mcp": {server: {"type": "remote", "url": url, "oauth": False, "headers": headers}}})


def token_from(helper: str) -> str:
    """A line of shell that takes the token out of the headers: it is in no file and in no history."""
    return f'export {VARIABLE}="$({helper} | sed \'s/.*Bearer //; s/".*//\')"'


def _json(value: object) -> str:
    return json.dumps(value, indent=2)
