"""What a new server may be called, and who answers for it."""

import keyword
import os
import re
from dataclasses import dataclass
from pathlib import Path

from surfaces.cli.authoring.clone import Clone
from surfaces.cli.failures import Unusable
from surfaces.cli.options import server_name

TAKEN = frozenset({
    "approval", "auth", "cli", "core", "engine", "envoy", "experiment", "gateway", "identity", "local", "mesh",
    "platform", "policy", "probe", "registry", "seed", "seedbed", "server", "signer", "stack", "testing", "workspace",
})  # fmt: skip
"""Names that parts of the platform have in logs, settings and `seedbed status`."""

_CHANNEL = re.compile(r"#[\w-]+|https://[^\s\"\\]+|[\w.+-]+@[\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A server that is about to be."""

    name: str
    team: str
    channel: str

    @property
    def folder(self) -> Path:
        return Path("servers", self.name.replace("-", "_"))

    @property
    def tests(self) -> Path:
        return "tests" / self.folder

    @property
    def package(self) -> str:
        return ".".join(self.folder.parts)

    @property
    def title(self) -> str:
        return self.name.replace("-", " ").capitalize()


def planned(clone: Clone, name: str, team: str, channel: str) -> Plan:
    """The plan, if nothing is in its way."""
    plan = Plan(name=server_name(name), team=_team(team), channel=_channel(channel))
    if name in TAKEN or keyword.iskeyword(plan.folder.name):
        raise Unusable(f"A server can't be called {name}: the platform or Python uses that word. Take another.")
    if name.endswith("-") or "--" in name:
        raise Unusable(f"{name!r} is no server's name: single hyphens, between words.")
    for folder in (plan.folder, plan.tests):
        if os.path.lexists(clone.root / folder):
            raise Unusable(f"{folder} is there already, and nothing is overwritten. Take another name.")
    return plan


def _team(team: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*", team):
        raise Unusable(
            f"{team!r} is no team: write the group of the directory that owns the server, like data-platform."
        )
    return team


def _channel(channel: str) -> str:
    """The channel; a bare word is one too, because a shell takes `#...` for a comment."""
    named = f"#{channel}" if re.fullmatch(r"[\w-]+", channel) else channel
    if not _CHANNEL.fullmatch(named):
        raise Unusable(f"{channel!r} is no place to ask: write a channel like ask-presto, an https link or an address.")
    return named
