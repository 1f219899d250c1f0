"""What somebody wrote is fetched by the guarded client alone; every other connection goes where the operator said."""

import ast

from tests.repo.tree import ROOT, files

OPENS = frozenset({"Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport"})
OPENS_ONCE = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request", "stream"})
OTHERS = frozenset({"requests", "aiohttp", "urllib3", "urllib.request", "httpx"})
"""Other ways to the network, which none of us takes; `http.client` speaks to Envoy's own socket."""

ISSUER, EDGE, BACKEND = "the issuer of the settings", "the platform's own address", "the backend of the settings"
SOCKET, MACHINE = "a unix socket of the platform", "this machine, for what `seedbed up` runs"
PLACES = {
    "platform_core/outgoing.py": "anywhere, guarded",
    "platform_core/approval/remote.py": SOCKET,
    "platform_core/policy/stream.py": SOCKET,
    "platform_core/telemetry/ship.py": SOCKET,
    "gateway/refusals.py": SOCKET,
    "registry/probe/watch.py": f"{EDGE}, and no longer than a cap",
    "registry/signing.py": SOCKET,
    "servers/airflow/api.py": BACKEND,
    "servers/airflow/exchange.py": "who exchanges tokens, by the settings",
    "servers/knowledge/sources/mesh.py": "another server, by the mesh's door of the settings",
    "servers/presto/engine/cluster.py": BACKEND,
    "servers/spark/logs/places.py": BACKEND,
    "servers/spark/sources/rest.py": BACKEND,
    "surfaces/cli/calling.py": EDGE,
    "surfaces/cli/web.py": f"{EDGE}, or {ISSUER}, from a person's machine",
    "deploy/local/airflow/processes.py": MACHINE,
    "deploy/local/airflow/teaching.py": MACHINE,
    "deploy/local/demo.py": SOCKET,
    "deploy/local/identity/robot.py": MACHINE,
    "deploy/local/stack/governing.py": SOCKET,
    "deploy/local/stack/persons.py": f"{SOCKET}, and {MACHINE}",
    "deploy/local/stack/ready.py": MACHINE,
}
"""Who opens connections, and where to. A text that a person or a model wrote is no place on this list."""


def sources() -> dict[str, ast.Module]:
    """Every Python file that is shipped."""
    shipped = [file for file in files() if file.endswith(".py") and not file.startswith(("tests/", "build/"))]
    return {file: ast.parse((ROOT / file).read_text("utf-8")) for file in shipped if (ROOT / file).exists()}


def opens(tree: ast.Module) -> bool:
    """Whether a file opens HTTP connections by itself."""
    named = [
        func
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(func := node.func, ast.Attribute)
        and isinstance(func.value, ast.Name) and func.value.id == "httpx2"
    ]  # fmt: skip
    return any(func.attr in OPENS | OPENS_ONCE for func in named)


def imported(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found |= {name.name for name in names}
            case ast.ImportFrom(module=str(module)):
                found.add(module)
            case _:
                pass
    return found


def test_whoever_opens_a_connection_is_on_the_list_with_where_it_goes() -> None:
    assert {file for file, tree in sources().items() if opens(tree)} == PLACES.keys()


def test_nobody_takes_another_way_to_the_network() -> None:
    assert {file: found for file, tree in sources().items() if (found := imported(tree) & OTHERS)} == {}


def test_nobody_renames_the_library_so_that_this_page_can_t_see_it() -> None:
    from_it = [
        (file, node.module)
        for file, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "httpx2"
        and {name.name for name in node.names} & (OPENS | OPENS_ONCE)
    ]  # fmt: skip
    assert from_it == []
