"""A person's token of Airflow's, by token exchange at a real Keycloak, shown to a real Airflow that believes it."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deploy.local.airflow.install import environment
from platform_core.approval.desk import Desk
from platform_core.testing import connect_as, desk_in
from servers.airflow.server import server
from servers.airflow.session import shared
from tests.deploy.local.identity.running import free_port
from tests.extra.exchanging import FEATURES, LOCKED, ROLES, allow, write_realm
from tests.extra.keycloak import Keycloak, NoKeycloak, running_keycloak
from tests.platform_core.approval.asking import from_chat, says_yes
from tests.repo.tree import AIRFLOWS, ROOT
from tests.servers.airflow.itself import PATIENCE
from tests.servers.airflow.visits import call, outcome

pytestmark = pytest.mark.extra

KEY = generate_private_key(SECP256R1())
DAG = "healthy_orders"


@pytest.fixture(scope="module")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Generator[Keycloak]:
    realm = tmp_path_factory.mktemp("realm") / "realm.json"
    write_realm(realm, KEY)
    try:
        with running_keycloak(free_port(), realm, FEATURES) as keycloak:
            allow(keycloak)
            yield keycloak
    except NoKeycloak as error:
        pytest.skip(f"no Keycloak: {error}")


class Believing:
    """Airflow's API over its own database, with Keycloak's keys as those that it trusts; nothing runs tasks."""

    def __init__(self, keycloak: Keycloak, home: Path) -> None:
        self.home, self.port = home, free_port()
        (home / "dags").mkdir()
        (home / "dags" / f"{DAG}.py").write_text((ROOT / AIRFLOWS / f"{DAG}.py").read_text())
        own = {
            "API__HOST": "127.0.0.1", "API__PORT": str(self.port), "API__WORKERS": "1", "API__BASE_URL": self.url,
            "API_AUTH__JWT_SECRET": "of-its-own-tasks-" * 4, "API_AUTH__TRUSTED_JWKS_URL": keycloak.jwks_url,
            "API_AUTH__JWT_ISSUER": keycloak.issuer, "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__DAGS_FOLDER": str(home / "dags"), "CORE__LOAD_EXAMPLES": "False",
        }  # fmt: skip
        self.settings = os.environ | {f"AIRFLOW__{name}": value for name, value in own.items()}
        self.settings["AIRFLOW_HOME"] = str(home)
        self.program = environment(print) / "airflow"
        self.settings["PATH"] = f"{self.program.parent}{os.pathsep}{os.environ['PATH']}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        for words in (("db", "migrate"), ("dags", "reserialize")):
            subprocess.run([self.program, *words], env=self.settings, check=True, capture_output=True)

    def wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if httpx2.get(f"{self.url}/api/v2/version", timeout=10, trust_env=False).is_success:
                    return
            except httpx2.TransportError:
                time.sleep(0.2)
        raise AssertionError((self.home / "api.log").read_text()[-2000:])

    def events(self) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.home}/airflow.db?mode=ro", uri=True)) as database:
            found = "SELECT event, owner FROM log WHERE event = 'trigger_dag_run'"
            return database.execute(found).fetchall()


@pytest.fixture(scope="module")
def airflow(keycloak: Keycloak, tmp_path_factory: pytest.TempPathFactory) -> Generator[Believing]:
    here = Believing(keycloak, tmp_path_factory.mktemp("airflow"))
    here.prepare()
    with (here.home / "api.log").open("wb") as log:
        command = [here.program, "api-server"]
        process = subprocess.Popen(command, env=here.settings, stdout=log, stderr=log, start_new_session=True)
        try:
            here.wait()
            yield here
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


@pytest.fixture
async def desk(
    keycloak: Keycloak, airflow: Believing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Desk]:
    """The server signs in by exchange; everybody may change everything, so that Airflow's own no is heard."""
    settings = {
        "URL": airflow.url, "EXCHANGE_URL": f"{keycloak.issuer}/protocol/openid-connect/token",
        "EXCHANGE_KEY_FILE": str(written(tmp_path / "key.pem", KEY)), "CHANGES": '{"*": ["*"]}',
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"SEEDBED_AIRFLOW_{name}", value)
    shared.cache_clear()
    yield desk_in(tmp_path, server)
    await shared()[1].close()
    shared.cache_clear()


def written(file: Path, key: EllipticCurvePrivateKey) -> Path:
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


async def test_airflow_knows_the_person_by_the_token_that_keycloak_gave(desk: Desk, airflow: Believing) -> None:
    assert ROLES["olu"] == "op"
    async with connect_as(server, from_chat("olu"), desk=desk, elicitation_callback=says_yes()) as visit:
        _, found = await call(visit, "find_dags")
        _, started = await call(visit, "trigger_run", dag_id=DAG)
    assert [row[0] for row in found["rows"]] == [DAG]
    assert started["state"] == "queued"
    assert airflow.events() == [("trigger_dag_run", "olu")]


async def test_the_role_that_keycloak_gives_is_what_airflow_judges_by(desk: Desk, airflow: Believing) -> None:
    assert ROLES["ana"] == "viewer"
    before = airflow.events()
    async with connect_as(server, from_chat("ana"), desk=desk, elicitation_callback=says_yes()) as visit:
        await call(visit, "find_dags")
        text, _, error = await outcome(visit, "trigger_run", dag_id=DAG)
    assert error
    assert "Airflow does not let you do this" in text
    assert airflow.events() == before


async def test_whom_keycloak_has_locked_out_is_told_by_whom(desk: Desk) -> None:
    async with connect_as(server, LOCKED, desk=desk) as visit:
        text, _, error = await outcome(visit, "find_dags")
    assert error
    assert "The identity provider gives no token of Airflow's for you" in text


async def test_a_server_that_signs_with_another_key_is_nobody_to_keycloak(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shared()[1].close()
    forged = written(tmp_path / "forged.pem", generate_private_key(SECP256R1()))
    monkeypatch.setenv("SEEDBED_AIRFLOW_EXCHANGE_KEY_FILE", str(forged))
    shared.cache_clear()
    async with connect_as(server, "olu", desk=desk) as visit:
        text, _, error = await outcome(visit, "find_dags")
    assert error
    assert "The identity provider refuses this server's login" in text
