"""One Envoy of the gateway's own: served by truth, kept alive, stopped politely, never left half changed."""

import asyncio
import json
import socket
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gateway.admin import Admin, AdminGone
from gateway.compile.bundle import Bundle, Rulings
from gateway.compile.table import encode_routes, read_table
from gateway.compile.terms import Json
from gateway.enforce import Compile, Enforcement
from gateway.envoy import Envoy
from gateway.install import LISTENERS, Installer, Rejected
from gateway.truth import is_serving
from gateway.validate import Unfit, Validation
from platform_core.policy.artefact import PolicyArtefact
from tests.gateway.artefacts import artefact, open_to_all
from tests.gateway.examples import example_compiler, example_door, ruling
from tests.gateway.programs import eventually, free_port

TABLE = "rds-production-edge.pb"
VERSION = "http.production-edge.rds.production-edge.version_text"


@dataclass(frozen=True)
class Proxy:
    """An Envoy on files of its own; its issuer is down, so nobody gets in, and its counters tell all."""

    folder: Path
    port: int
    admin: Admin
    envoy: Envoy

    @property
    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted((self.folder / "xds").glob("[!.]*"))}

    def shown(self, table: str = TABLE) -> str:
        """The installed routes, for people."""
        return json.dumps(read_table(self.files[table]))

    def installer(self, *, checked: bool = True) -> Installer:
        return Installer(self.folder / "xds", self.admin, check=Validation() if checked else unchecked)

    def compile(self, rulings: Rulings, *, now: float = 2) -> Bundle:
        return example_compiler(self.folder, example_door(port=self.port)).compile(rulings, now=now)

    def of(self, *policies: PolicyArtefact) -> Bundle:
        return self.compile(ruling(*policies))

    async def serving(self) -> None:
        await happens(lambda: is_serving(self.admin.path, 1), "Envoy serves")


async def happens(claim: Callable[[], bool], what: str) -> None:
    await asyncio.to_thread(eventually, claim, what)


def unchecked(_: Bundle) -> None:
    """What a gateway would be that did not ask Envoy first."""


@pytest.fixture
async def proxy() -> AsyncGenerator[Proxy]:
    with tempfile.TemporaryDirectory(prefix="sb-gw-") as name:
        folder, admin = Path(name), Admin(Path(name) / "admin.sock")
        envoy = Envoy(xds=folder / "xds", admin=admin, logs=folder, workers=1)
        yield Proxy(folder, free_port(), admin, envoy)


@asynccontextmanager
async def running(proxy: Proxy) -> AsyncGenerator[None]:
    task = asyncio.create_task(proxy.envoy.run())
    try:
        yield
    finally:
        task.cancel()
        await proxy.envoy.stop(drain=0)


async def test_it_serves_when_its_own_counters_say_so(proxy: Proxy) -> None:
    assert not is_serving(proxy.admin.path, 1)
    proxy.installer().install(proxy.of())
    async with running(proxy):
        await proxy.serving()
    assert not is_serving(proxy.admin.path, 1)


async def test_a_listener_that_cannot_bind_is_not_serving_although_envoy_says_it_is_live(proxy: Proxy) -> None:
    proxy.installer().install(proxy.of())
    with socket.create_server(("127.0.0.1", proxy.port)):
        async with running(proxy):
            await happens(lambda: live(proxy.admin), "Envoy is live")
            assert not is_serving(proxy.admin.path, 1)


def live(admin: Admin) -> bool:
    try:
        return admin.live() and admin.stats("workers_started")["listener_manager.workers_started"] == "1"
    except AdminGone:
        return False


async def test_an_envoy_that_ends_is_started_again(proxy: Proxy) -> None:
    proxy.installer().install(proxy.of())
    async with running(proxy):
        await proxy.serving()
        proxy.admin.order("quitquitquit")
        await happens(lambda: not is_serving(proxy.admin.path, 1), "Envoy ends")
        await proxy.serving()


async def test_the_admin_socket_is_for_the_own_account_alone(proxy: Proxy) -> None:
    proxy.installer().install(proxy.of())
    async with running(proxy):
        await proxy.serving()
        assert proxy.admin.path.stat().st_mode & 0o777 == 0o600


async def test_what_envoy_would_not_take_is_never_installed(proxy: Proxy) -> None:
    proxy.installer().install(proxy.of(artefact()))
    before = proxy.files
    with pytest.raises(Unfit, match="nowhere"):
        proxy.installer().install(astray(proxy.of(artefact(version=2))))
    assert proxy.files == before


async def test_what_envoy_rejects_is_taken_back_whole(proxy: Proxy) -> None:
    proxy.installer().install(proxy.of(artefact()))
    before = proxy.files
    async with running(proxy):
        await proxy.serving()
        both = proxy.of(artefact(), open_to_all())
        with pytest.raises(Rejected, match=TABLE):
            proxy.installer(checked=False).install(unreadable(both))
        assert proxy.files == before
        proxy.installer().install(both)
        assert is_serving(proxy.admin.path, 1)


async def test_a_listener_that_envoy_cannot_open_holds_up_no_policy(
    proxy: Proxy,
) -> None:
    proxy.installer().install(proxy.of())
    before = proxy.files
    async with running(proxy):
        await proxy.serving()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            bundle = with_second_listener(proxy.of(artefact()), taken.getsockname()[1])
            assert not proxy.installer(checked=False).install(bundle)
        assert proxy.files[LISTENERS] == before[LISTENERS]
        assert proxy.admin.stats(f"{VERSION}$")[VERSION] == bundle.tables[0].content.version


async def test_a_cluster_comes_before_its_route_and_goes_after_it(proxy: Proxy) -> None:
    proxy.installer().install(proxy.of(artefact()))
    async with running(proxy):
        await proxy.serving()
        proxy.installer().install(proxy.of(open_to_all()))
        counted = proxy.admin.stats(r"update_success|warming_clusters|active_clusters")
    assert counted["cluster_manager.cds.update_success"] == "3", "added beside the old one, then without it"
    assert counted["cluster_manager.active_clusters"] == "4"


async def test_the_same_again_writes_nothing(proxy: Proxy) -> None:
    proxy.installer().install(proxy.of(artefact()))
    written = {path: path.stat().st_mtime_ns for path in (proxy.folder / "xds").iterdir()}
    proxy.installer().install(proxy.of(artefact()))
    assert {path: path.stat().st_mtime_ns for path in (proxy.folder / "xds").iterdir()} == written


async def test_one_policy_that_envoy_does_not_take_holds_up_no_other(proxy: Proxy) -> None:
    def compile(rulings: Rulings, *, now: float) -> Bundle:
        bundle = proxy.compile(rulings, now=now)
        bad = any(found.version == 2 for found in rulings["production"].policies.values())
        return astray(bundle) if bad else bundle

    wanted = ruling(artefact(), open_to_all())
    enforcement = Enforcement(wanted=lambda: wanted, compile=compile, installer=proxy.installer())
    await enforcement.update()
    wanted = ruling(artefact(version=2), artefact(server="open", version=3))
    await enforcement.update()
    in_force = enforcement.in_force["production"].policies
    assert {name: found.version for name, found in in_force.items()} == {"seed": 1, "open": 3}


async def test_a_policy_that_runs_out_closes_its_server(proxy: Proxy) -> None:
    policy = artefact(not_after=int(time.time()) + 1)
    async with enforced(proxy, policy):
        assert "seed/sensitive" in proxy.shown()
        await happens(lambda: "seed/expired" in proxy.shown(), "the server is closed")
    assert "seed/sensitive" not in proxy.shown()


async def test_a_service_whose_time_is_over_is_taken_out_by_itself(proxy: Proxy) -> None:
    service = "spiffe://seedbed.internal/production/service/nightly"
    listed = {"spiffe_id": service, "tools": ["find"], "reason": "r", "owner": "o", "expires": int(time.time()) + 1}
    mesh = example_compiler(proxy.folder, example_door(side="mesh"))
    async with enforced(proxy, artefact(services=[listed]), mesh.compile, proxy.installer(checked=False)):
        assert service in proxy.shown("rds-production-mesh.pb")
        await happens(lambda: service not in proxy.shown("rds-production-mesh.pb"), "the service is out")


@asynccontextmanager
async def enforced(
    proxy: Proxy, policy: PolicyArtefact, compile: Compile | None = None, installer: Installer | None = None
) -> AsyncGenerator[None]:
    """Put `policy` in force; what follows happens without another word from anybody."""
    enforcement = Enforcement(
        wanted=lambda: ruling(policy), compile=compile or proxy.compile, installer=installer or proxy.installer()
    )
    await enforcement.update()
    task = asyncio.create_task(enforcement.run())
    try:
        yield
    finally:
        task.cancel()


def astray(bundle: Bundle) -> Bundle:
    """The same, but the server's route leads to a cluster that is not there."""
    return leading(bundle, {"name": "x", "match": {"prefix": "/x"}, "route": {"cluster": "nowhere"}})


def unreadable(bundle: Bundle) -> Bundle:
    """The same, but the server's route matches nothing that Envoy knows."""
    return leading(bundle, {"name": "x"})


def leading(bundle: Bundle, route: Json) -> Bundle:
    (table,) = bundle.tables
    return replace(bundle, tables=(replace(table, servers={**table.servers, "seed": encode_routes([route])}),))


def with_second_listener(bundle: Bundle, port: int) -> Bundle:
    (first,) = bundle.listeners
    address: Json = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    return replace(bundle, listeners=(first, {**first, "name": "second", "address": address}))
