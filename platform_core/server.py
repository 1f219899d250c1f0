"""A manifest and typed functions become a running server."""

import inspect
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, TypeVar, cast

from mcp.types import ToolAnnotations

from platform_core.adapter import ComposedServer, Resolve, Tool, protocol_server, put_around
from platform_core.approval.desk import Desk
from platform_core.approval.gate import gated
from platform_core.approval.question import Gated, Rule, rule_of
from platform_core.auth.principal import Principal
from platform_core.call import the_call
from platform_core.errors import WiringError
from platform_core.layer import Layer
from platform_core.policy.artefact import Risk
from platform_core.policy.authorize import policy_of
from platform_core.registration.contract import Contract, NamedPromise, ToolPromise, without_titles
from platform_core.registration.manifest import Manifest, read_manifest
from platform_core.results import answering
from platform_core.telemetry.redaction import secret_arguments

F = TypeVar("F", bound=Callable[..., Any])

LIST_TTL_MS = 30_000
"""How long a client may keep a list; it is private to the person, since lists differ by person."""


async def _caller() -> Principal:
    return the_call().principal


Caller = Annotated[Principal, Resolve(_caller)]
"""A parameter of this type is the person who calls: verified, without the token."""


class Server:
    """One domain server: `server.yaml` beside the module, functions decorated with `@server.tool()`.

        server = Server(__name__)

        @server.tool()
        @authorize_tool(policy="browse")
        async def find_tables(words: str, caller: Caller) -> Tables: ...

    Identity, policy, approvals, records, traces and health come with it.
    """

    def __init__(self, module: str) -> None:
        self.package = module.rpartition(".")[0]
        self.manifest: Manifest = read_manifest(self.package)
        self.version = _distribution_version(self.manifest.name)
        self._tools: list[Tool] = []
        self._policies: dict[str, str] = {}
        self._resources: dict[str, tuple[Callable[..., Any], NamedPromise]] = {}
        self._mime_types: dict[str, str] = {}
        self._prompts: dict[str, tuple[Callable[..., Any], NamedPromise]] = {}
        self._rules: dict[str, Rule] = {}
        self._long: set[str] = set()

    def tool(self, *, long: bool = False, title: str | None = None) -> Callable[[F], F]:
        """Publish an `async def` as a tool under its own name; its docstring is what the model reads.

        `long=True`: the tool takes seconds, reports progress, and is cancelled when its caller leaves.
        """

        def publish(function: F) -> F:
            name = function.__name__
            facts = self.manifest.tools.get(name)
            if facts is None:
                raise WiringError(
                    f"server.yaml of {self.manifest.name} has no facts for the tool {name}: "
                    f"give risk, data_class, minutes and basis under `tools.{name}`",
                    clause="MCP-OWNER-2",
                )
            if not (function.__doc__ or "").strip():
                raise WiringError(
                    f"the tool {name} has no docstring: it is what a model reads before it calls", clause="MCP-TEXT-2"
                )
            if name in self._policies:
                raise WiringError(f"two tools are called {name}: rename one", clause="MCP-TEXT-4")
            self._policies[name] = policy_of(function, kind="tool")
            self._long.update({name} if long else ())
            self._rules.update({name: rule} if (rule := rule_of(function)) else {})
            published = answering(function)
            hints = _annotations(facts.risk)
            self._tools.append(_tool(published, name, title, _docstring(function), hints))
            return function

        return publish

    def resource(self, uri: str, *, mime_type: str = "text/plain") -> Callable[[F], F]:
        """Publish an `async def` as the resource `uri`, or as all that fit it where it names `{parameters}`."""

        def publish(function: F) -> F:
            promise = _named_promise(function, kind="resource")
            self._resources[uri] = (function, promise)
            self._mime_types[uri] = mime_type
            return function

        return publish

    def prompt(self) -> Callable[[F], F]:
        """Publish an `async def` as a prompt under its own name."""

        def publish(function: F) -> F:
            promise = _named_promise(function, kind="prompt")
            self._prompts[function.__name__] = (function, promise)
            return function

        return publish

    def contract(self) -> Contract:
        """What this server promises. Raises `WiringError` where the manifest and the code tell different stories."""
        contract = Contract(
            server=self.manifest.name,
            tools={tool.name: self._promise(tool) for tool in self._tools},
            resources={uri: promise for uri, (_, promise) in self._resources.items()},
            prompts={name: promise for name, (_, promise) in self._prompts.items()},
        )
        self._check(contract)
        return contract

    @property
    def long_tools(self) -> frozenset[str]:
        """Names of the tools that answer by a stream."""
        return frozenset(self._long)

    @property
    def functions(self) -> dict[str, Callable[..., Any]]:
        """The functions behind the tools, as their author wrote them."""
        return {tool.name: inspect.unwrap(tool.fn) for tool in self._tools}

    @property
    def asks(self) -> bool:
        """Whether a tool needs a person's yes, and the server a desk."""
        return bool(self._rules)

    def compose(self, layer: Layer, desk: Desk | None = None) -> ComposedServer:
        """Return the protocol server with the platform's layer around every message, and the gate before tools."""
        tools = [self._gated(tool, desk) if tool.name in self._rules else tool for tool in self._tools]
        composed = protocol_server(self.manifest, self.version, tools, ttl_ms=LIST_TTL_MS, desk=desk)
        for uri, (function, promise) in self._resources.items():
            composed.resource(uri, description=promise.description, mime_type=self._mime_types[uri])(function)
        for function, promise in self._prompts.values():
            composed.prompt(description=promise.description)(function)
        put_around(composed, layer)
        return composed

    def run(self) -> None:
        """The server's own command: serve on the socket, or `--stdio`, `--describe`, `--settings`."""
        from platform_core.command import run

        run(self, sys.argv[1:])

    def _gated(self, tool: Tool, desk: Desk | None) -> Tool:
        if desk is None:
            raise WiringError(f"{tool.name} needs a person's yes, and {self.manifest.name} has no desk to ask at")
        behind = Gated(
            name=tool.name, risk=self.manifest.tools[tool.name].risk, secret=secret_arguments(tool.parameters)
        )
        arguments = frozenset(tool.parameters.get("properties", {}))
        guarded = gated(tool.fn, self._rules[tool.name], behind, arguments, desk)
        return _tool(guarded, tool.name, tool.title, tool.description, tool.annotations)

    def _promise(self, tool: Tool) -> ToolPromise:
        facts = self.manifest.tools[tool.name]
        return ToolPromise(
            description=tool.description,
            input=tool.parameters,
            output=tool.output_schema,
            policy=self._policies[tool.name],
            risk=facts.risk,
            data_class=facts.data_class,
            long=tool.name in self._long,
            approval=self._rules[tool.name].wording if tool.name in self._rules else None,
        )

    def _check(self, contract: Contract) -> None:
        where = f"server.yaml of {self.manifest.name}"
        if missing := sorted(set(self.manifest.tools) - set(contract.tools)):
            raise WiringError(
                f"{where} names tools that nobody wrote: {', '.join(missing)}; put @server.tool() over a function of "
                "that name, or take it out of `tools`",
                clause="MCP-FACTS-2",
            )
        promises = [*contract.tools.values(), *contract.resources.values(), *contract.prompts.values()]
        if unknown := sorted({p.policy for p in promises} - set(self.manifest.proposes.policies)):
            raise WiringError(
                f"{where} defines no policy {', '.join(unknown)} under `proposes`: say there whom it means, or name "
                "another in @authorize_tool",
                clause="MCP-AUTH-1",
            )


def _tool(
    function: Callable[..., Any], name: str, title: str | None, description: str, hints: ToolAnnotations | None
) -> Tool:
    tool = Tool.from_function(function, name, title, description, annotations=hints)
    # Titles that pydantic makes up of names tell nothing, and every client pays for them in every conversation.
    tool.parameters = cast("dict[str, Any]", without_titles(tool.parameters))
    return tool


def _annotations(risk: Risk) -> ToolAnnotations:
    """Hints for clients, made from the risk; nothing here decides on them."""
    change = risk == "change"
    return ToolAnnotations(
        read_only_hint=not change, destructive_hint=change, idempotent_hint=not change, open_world_hint=False
    )


def _named_promise(function: Callable[..., Any], *, kind: str) -> NamedPromise:
    if not inspect.iscoroutinefunction(function):
        raise WiringError(f"the {kind} {function.__name__} must be `async def`: it would block every other call")
    return NamedPromise(description=_docstring(function), policy=policy_of(function, kind=kind))


def _docstring(function: Callable[..., Any]) -> str:
    return inspect.cleandoc(function.__doc__ or "")


def _distribution_version(name: str) -> str:
    try:
        return version(f"seedbed-server-{name}")
    except PackageNotFoundError:
        return "0"
