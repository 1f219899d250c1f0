"""What somebody wrote is fetched by the guarded client alone; every other connection goes where the operator said."""

import ast
from collections.abc import Callable, Mapping

import httpx2
import pytest

from platform_core.errors import DomainError
from servers.airflow.api import at
from servers.spark.logs.places import place
from servers.spark.sources.attempts import Attempt
from servers.spark.sources.rest import path_of
from tests.repo.tree import ROOT, files

OPENS = frozenset({"Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport"})
OPENS_ONCE = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request", "stream"})
OTHERS = frozenset({"requests", "aiohttp", "urllib3", "urllib.request", "httpx"})
"""Other ways to the network, which none of us takes; `http.client` speaks to Envoy's own socket."""

EDGE, SOCKET = "the platform's own address", "a unix socket of the platform"
MACHINE = "this machine, for what `seedbed up` runs"
IDS_QUOTED = "the backend of the settings; ids are quoted into its path"
PLACES = {
    "platform_core/outgoing.py": "what somebody wrote: guarded",
    "platform_core/approval/remote.py": SOCKET,
    "platform_core/policy/stream.py": SOCKET,
    "platform_core/telemetry/ship.py": SOCKET,
    "gateway/refusals.py": SOCKET,
    "registry/probe/watch.py": f"{EDGE}, by a registered name, and no longer than a cap",
    "registry/signing.py": SOCKET,
    "servers/airflow/api.py": IDS_QUOTED,
    "servers/airflow/exchange.py": "who exchanges tokens, by the settings; a person's token is its body alone",
    "servers/knowledge/sources/mesh.py": "another server, by the mesh's door and the names of the settings",
    "servers/presto/engine/connections.py": "the engine of the settings; of a `nextUri` the path alone is asked",
    "servers/spark/logs/places.py": "the operator's template, into which only ids of letters and digits are filled",
    "servers/spark/sources/rest.py": IDS_QUOTED,
    "surfaces/cli/calling.py": f"{EDGE}, from a person's machine",
    "surfaces/cli/web.py": f"{EDGE}, or the issuer of the settings, from a person's machine",
    "deploy/local/airflow/processes.py": MACHINE,
    "deploy/local/airflow/teaching.py": MACHINE,
    "deploy/local/demo.py": SOCKET,
    "deploy/local/identity/robot.py": MACHINE,
    "deploy/local/stack/governing.py": SOCKET,
    "deploy/local/stack/persons.py": f"{SOCKET}, and {MACHINE}",
    "deploy/local/stack/ready.py": MACHINE,
}
"""Who opens connections, where to, and why nobody but an operator chooses that. A text that a person, a model or a
manifest wrote is no place on this list."""
BROUGHT = {"servers/knowledge/index/chroma.py": {"httpx"}}
"""Chroma's own client speaks it to the server of the settings; we name its errors."""
METADATA = "169.254.169.254"
LURES = (f"http://{METADATA}/latest", f"//{METADATA}/latest", f"@{METADATA}", f"\\\\{METADATA}", f"x@{METADATA}:80")
PATHS: Mapping[str, Callable[[str], str]] = {
    "airflow": lambda id: at("dags", id, "dagRuns"),
    "spark": lambda id: path_of(Attempt(app_id=id, attempt=id, parts=(), in_progress=False)),
}


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
    assert {file: found for file, tree in sources().items() if (found := imported(tree) & OTHERS)} == BROUGHT


def test_nobody_renames_the_library_so_that_this_page_can_t_see_it() -> None:
    from_it = [
        (file, node.module)
        for file, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "httpx2"
        and {name.name for name in node.names} & (OPENS | OPENS_ONCE)
    ]  # fmt: skip
    assert from_it == []


def test_nobody_follows_where_an_answer_sends() -> None:
    following = {file for file, tree in sources().items() for node in ast.walk(tree) if follows(node)}
    assert following == {"deploy/local/identity/robot.py"}, "it plays a browser on this machine"


def follows(node: ast.AST) -> bool:
    """Whether it asks for redirects to be followed; httpx2 does not by itself."""
    return isinstance(node, ast.keyword) and node.arg == "follow_redirects" and ast.unparse(node.value) != "False"


@pytest.mark.parametrize("lure", LURES)
@pytest.mark.parametrize("server", PATHS)
def test_no_id_that_a_model_names_leads_to_another_host(server: str, lure: str) -> None:
    with httpx2.Client(base_url="http://backend.test:8080/api/") as client:
        asked = client.build_request("GET", PATHS[server](lure)).url
    assert (asked.scheme, asked.host, asked.port) == ("http", "backend.test", 8080)


@pytest.mark.parametrize("lure", LURES)
def test_no_id_leads_a_log_to_another_host(lure: str) -> None:
    for ids in ((lure, "driver"), ("app-1", lure)):
        with pytest.raises(DomainError):
            place("http://logs.test/{app_id}/{executor}/{stream}", *ids, "stderr")
