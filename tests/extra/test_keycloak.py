"""Another OpenID provider in place of ours, by settings alone: people log in there and work here."""

import json
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from deploy.local.stack.home import Home
from tests.deploy.local.identity.running import free_port
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack
from tests.extra.keycloak import Keycloak, NoKeycloak, running_keycloak
from tests.surfaces.cli.terminal import Terminal

pytestmark = pytest.mark.extra
CLAIMS = {
    "subject": "login", "business_groups": "units", "roles": "realm_roles", "employment": "employee_type",
}  # fmt: skip
"""What this realm calls things; the rest is called as with us."""


@pytest.fixture(scope="module")
def keycloak() -> Generator[Keycloak]:
    try:
        with running_keycloak(free_port()) as keycloak:
            yield keycloak
    except NoKeycloak as error:
        pytest.skip(f"no Keycloak: {error}")


@pytest.fixture(scope="module")
def stack(keycloak: Keycloak) -> Generator[Stack]:
    """An ecosystem whose registry, proxy and servers believe Keycloak."""
    settings = {
        "SEEDBED_AUTH_ISSUER": keycloak.issuer,
        "SEEDBED_AUTH_JWKS_URL": keycloak.jwks_url,
        "SEEDBED_AUTH_CLAIMS": json.dumps(CLAIMS),
    }
    with tempfile.TemporaryDirectory(prefix="sb-kc-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        stack = Stack(home=Home(Path(folder)))
        try:
            stack.up()
            for name in ("registry", "gateway", "envoy", "presto", "seed"):
                stack.stop(name)
            for name in ("registry", "gateway", "envoy", "presto", "seed"):
                stack.start(name, settings)
            yield stack
        finally:
            stack.down()


def logged_in(stack: Stack, keycloak: Keycloak, login: str) -> Terminal:
    """A terminal at which a person has logged in, by the device flow of the real command line."""
    terminal = stack.terminal(login)
    with terminal.start("login") as waiting:
        assert waiting.stdout
        link = next(word for line in waiting.stdout for word in line.split() if word.startswith(keycloak.issuer))
        keycloak.approve(link, login)
        out, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, out + err
    return terminal


def test_a_person_of_another_provider_passes_the_proxy_and_calls_as_themselves(
    stack: Stack, keycloak: Keycloak
) -> None:
    ana = logged_in(stack, keycloak, "ana")
    said = ana.seedbed("call", "seed", "greet", "word=Hello")
    assert (said.code, "Hello, ana!" in said.out) == (0, True), said.err
    said = ana.seedbed("call", "presto", "find_tables", "words=orders")
    assert said.code == 0, said.err
    rows = Remembered(stack.home).rows("SELECT DISTINCT user, client FROM invocations WHERE user IS NOT NULL")
    assert {(row["user"], row["client"]) for row in rows} <= {("ana", "seedbed-cli")}


def test_what_the_provider_says_of_a_person_decides_what_they_may(stack: Stack, keycloak: Keycloak) -> None:
    bo = logged_in(stack, keycloak, "bo")
    listed = bo.seedbed("tools", "presto").out
    assert "find_tables" in listed
    assert "run_query" not in listed
    assert bo.seedbed("call", "presto", "run_query", "sql=select 1").code == 3


def test_a_login_is_renewed_there(stack: Stack, keycloak: Keycloak) -> None:
    ana = logged_in(stack, keycloak, "ana")
    for file in ana.home.rglob("*.json"):
        kept = json.loads(file.read_text())
        if "expires_at" in kept:
            file.write_text(json.dumps(kept | {"expires_at": 0}))
    assert ana.seedbed("call", "seed", "greet").code == 0
