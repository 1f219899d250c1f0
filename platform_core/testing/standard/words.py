"""Checks of what people and models read: names, descriptions, owners, numbers. And that no secret is among it."""

import re
from collections.abc import Iterator
from typing import Any, cast

from platform_core.registration.contract import Registration
from platform_core.telemetry.redaction import redact, secret_arguments
from platform_core.testing.standard.finding import Fault
from platform_core.untrusted import escaped

MOST_TOOLS = 8
LONGEST_NAME = 40
LONGEST_DESCRIPTION = 1_000
LONGEST_SUMMARY = 100
EXAMPLE = "seed"
EXAMPLE_TOOL = ("greet", "Greet the person who calls, by the login that the platform verified.")
EXAMPLE_SUMMARY = "The smallest real server; greets the person who calls."

_PLAIN = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_CHANNEL = re.compile(r"#[\w-]+|https://\S+|[^\s@]+@[^\s@]+")
_SECRET_NAME = re.compile(r"pass(?:word|wd|phrase)?|secret|token|credential|(?:api|access|private)_?key")
_VALUES = ("default", "const", "enum", "examples")


def plain_names(said: Registration) -> Iterator[Fault]:
    """Tools and arguments are called by lower-case words, and a tool does not repeat its server's name."""
    for name, tool in said.contract.tools.items():
        if not _PLAIN.fullmatch(name) or len(name) > LONGEST_NAME:
            yield Fault(
                what=f"{name} is no plain name",
                how=f"call it by lower-case words with _ between them, {LONGEST_NAME} characters at most",
            )
        if name.startswith(f"{said.manifest.name.replace('-', '_')}_"):
            yield Fault(what=f"{name} repeats the server's name", how="leave it out: clients put it before each tool")
        if odd := [argument for argument in tool.input.get("properties", {}) if not _PLAIN.fullmatch(argument)]:
            yield Fault(what=f"{name} takes {', '.join(odd)}", how="call arguments by lower-case words with _ between")


def descriptions_instruct(said: Registration) -> Iterator[Fault]:
    """A model can choose by the description: a sentence first, and no essay."""
    contract = said.contract
    for name, promise in [*contract.tools.items(), *contract.resources.items(), *contract.prompts.items()]:
        first = promise.description.partition("\n\n")[0]
        if len(first.split()) < 3 or not first.rstrip().endswith((".", "?")):
            yield Fault(
                what=f"the description of {name} does not open with a sentence",
                how="let its docstring open with one sentence that says what it does, for whoever has to choose",
            )
        if len(promise.description) > LONGEST_DESCRIPTION:
            yield Fault(
                what=f"the description of {name} has {len(promise.description)} characters",
                how=f"say it in {LONGEST_DESCRIPTION}; every conversation pays for it",
            )


def nothing_unseen(said: Registration) -> Iterator[Fault]:
    """What a reviewer sees is all that a model reads."""
    texts = {text for text in _texts(said.model_dump(mode="json")) if escaped(text) != text}
    for text in sorted(texts):
        yield Fault(
            what=f"a text holds characters that nobody sees: {escaped(text)[:80]}",
            how="remove them from server.py or server.yaml",
        )


def no_secret_in_contract(said: Registration) -> Iterator[Fault]:
    """A contract is public to everybody who may list it: it holds no secret, and no secret has a default."""
    for name, tool in said.contract.tools.items():
        if any(redact(text) != text for text in _texts([tool.description, tool.input, tool.output])):
            yield Fault(
                what=f"something in the contract of {name} looks like a secret",
                how="take it out of the docstring, defaults and examples, and withdraw the secret where it was issued",
            )
        properties: dict[str, Any] = tool.input.get("properties", {})
        named = {argument for argument in properties if _SECRET_NAME.search(argument.lower())}
        for argument in sorted(named | secret_arguments(tool.input)):
            if any(properties[argument].get(word) for word in _VALUES):
                yield Fault(
                    what=f"{argument} of {name} is a secret with a value of its own",
                    how="give it no default and no examples; a server's own secrets stand under `needs`",
                )


def secrets_are_declared(said: Registration) -> Iterator[Fault]:
    """A setting that is a secret is declared as one, so that it comes from a file and never from plain text."""
    for part, settings in said.manifest.needs.items():
        for name, kind in settings.items():
            if kind != "secret" and _SECRET_NAME.search(name.lower()):
                yield Fault(
                    what=f"{part}.{name} is declared as {kind}", how=f"declare `{name}: secret` under needs.{part}"
                )


def few_tools(said: Registration) -> Iterator[Fault]:
    """A coherent server has few tools."""
    if (count := len(said.contract.tools)) > MOST_TOOLS:
        yield Fault(
            what=f"it has {count} tools",
            how=f"{MOST_TOOLS} at most: join those that differ by an argument, or split the server",
        )


def short_summary(said: Registration) -> Iterator[Fault]:
    """The summary is one line of a catalogue."""
    summary = said.manifest.summary
    if len(summary) > LONGEST_SUMMARY or "\n" in summary or len(summary.split()) < 3:
        yield Fault(
            what="the summary is no line of a catalogue",
            how=f"say in one line of {LONGEST_SUMMARY} characters at most what a person can do with the server",
        )


def owner_can_be_asked(said: Registration) -> Iterator[Fault]:
    """A team answers for the server, at a place where anybody can ask it."""
    manifest = said.manifest
    if not manifest.owner.strip():
        yield Fault(what="nobody owns it", how="name the team under `owner` in server.yaml")
    if odd := [channel for channel in manifest.channels if not _CHANNEL.fullmatch(channel)]:
        yield Fault(
            what=f"nobody can be asked in {', '.join(map(repr, odd))}",
            how="under `channels`, write #channel, https://... or an e-mail address",
        )


def minutes_have_a_basis(said: Registration) -> Iterator[Fault]:
    """Each tool says how many minutes one call saves, and compared with what."""
    for name in said.contract.tools:
        facts = said.manifest.tools.get(name)
        if facts is None or len(facts.basis.split()) < 2:
            yield Fault(
                what=f"{name} has no minutes that anybody could check",
                how=f"under `tools.{name}` in server.yaml, give `minutes` and, as `basis`, how it was done before",
            )


def no_example_left(said: Registration) -> Iterator[Fault]:
    """A server that began as a copy of the seed does what its own team needs."""
    manifest, tools = said.manifest, said.contract.tools
    if manifest.name == EXAMPLE:
        return
    for name, tool in tools.items():
        if (name, tool.description) == EXAMPLE_TOOL:
            yield Fault(
                what=f"{name} is the seed's example",
                how="put a tool of your own in its place, in server.py, server.yaml and the tests",
            )
    if manifest.summary == EXAMPLE_SUMMARY:
        yield Fault(what="the summary is the seed's", how="say in server.yaml what people can do with this server")


def _texts(value: object) -> Iterator[str]:
    """Every text in a JSON value, names too."""
    waiting: list[object] = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            yield found
        elif isinstance(found, dict):
            fields = cast("dict[str, object]", found)
            waiting += [*fields, *fields.values()]
        elif isinstance(found, list):
            waiting += cast("list[object]", found)
