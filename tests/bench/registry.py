"""`make bench ONLY=registry`: 1,000 servers, 10,000 tools, a million records, and what people and programs wait for."""

import asyncio
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from platform_core.testing.people import ROLE_GROUPS
from tests.bench.load import Reading, cpu, drive
from tests.bench.rows import Row
from tests.bench.serving import pin, serving
from tests.bench.shelves import TEAMS, UNITS, WORDS, add_records, stock
from tests.registry.issuer import Issuer
from tests.registry.stage import Signer

FEW, MANY = 10_000, 1_000_000
PEOPLE, ROUNDS, SECONDS = 100, 5, 1.5
TURNS = 11
ALONE, TOGETHER = 1, 50
LIMIT_MS = {ALONE: 50.0, TOGETHER: 150.0}
BATCHES_PER_SECOND = 5


@dataclass(frozen=True, kw_only=True)
class Running:
    """A registry in a process of its own."""

    public: str
    platform: str
    pid: int


def run() -> list[Row]:
    """Two registries live side by side, one with few records and one with many; bursts in turn hit them alike."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sb-b-", dir="/tmp")))
        issuer, signer = stack.enter_context(Issuer().serving()), Signer()
        databases = _databases(folder, signer)
        few, many = (stack.enter_context(_running(file.parent, issuer, signer)) for file in databases)
        empty = stack.enter_context(serving("tests.bench.empty", issuer.url))
        asked = Asked(issuer)
        print(f"    registry: load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
        rows = [row for what, sent in asked.latency.items() for row in _latency(what, sent, many)]
        rows.append(_preflight(asked.preflight, many, ("127.0.0.1", empty.port), empty.pid))
        rows += [_growth(each, few, many) for each in asked.growing]
        return [*rows, *_intake(asked.latency["catalogue"], many)]


@dataclass(frozen=True)
class Growing:
    """What might cost more with more records, and a word of every answer: an empty one would be cheap."""

    what: str
    sent: Sequence[bytes]
    expect: bytes
    inside: bool = False
    """Asked at the platform's own door."""


class Asked:
    """Requests byte for byte, of a hundred people who differ, and of one who may use everything."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        people = [self._person(number) for number in range(PEOPLE)]
        everything = self._token(business_groups=[f"unit-{n}" for n in range(UNITS)])
        listing = "/v0.1/servers?limit=50&version=latest"
        self.preflight = [
            _get(f"/api/preflight?server=server-{n:04}&tool=find_{WORDS[n % 8]}", people[n]) for n in range(PEOPLE)
        ]
        self.latency = {
            "catalogue": [_get("/api/catalog", person) for person in people],
            "catalogue of one who may use all 10,000 tools": [_get("/api/catalog", everything)],
            "search as IDEs do": [
                _get(f"{listing}&search={word}") for word in (*WORDS, "region+77", "server-09", "nothing")
            ],
            "list as IDEs do": [_get(listing)],
        }
        self.growing = [
            Growing("catalogue", self.latency["catalogue"], b"server-"),
            Growing("pre-flight", self.preflight, b"allow"),
            Growing("search as IDEs do", self.latency["search as IDEs do"], b"servers"),
            Growing("the newest records", [_get("/api/invocations?limit=20")], b'"rec-', inside=True),
            Growing("records of a trace", [_get(f"/api/invocations?trace={77:032x}")], b'"rec-', inside=True),
            Growing("metrics", [_get("/metrics")], b"seedbed_registry_calls", inside=True),
        ]

    def _person(self, number: int) -> str:
        units = [f"unit-{number % UNITS}", f"guild-{number}"]
        return self._token(business_groups=units, groups=[f"team-{number % TEAMS}", f"floor-{number}", "all"])

    def _token(self, **changed: object) -> str:
        return self._issuer.token("ana", roles=[], employment="employee", **changed)


def _get(path: str, token: str = "") -> bytes:
    proof = f"authorization: Bearer {token}\r\nx-forwarded-user: ana\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nhost: registry\r\n{proof}\r\n".encode()


def _databases(folder: Path, signer: Signer) -> list[Path]:
    """Equal but for the records."""
    stocked = folder / "stocked.db"
    asyncio.run(stock(stocked, signer))
    made: list[Path] = []
    for number in (FEW, MANY):
        print(f"    registry: {number} records", file=sys.stderr, flush=True)
        made.append(folder / str(number) / "registry.db")
        made[-1].parent.mkdir()
        shutil.copy(stocked, made[-1])
        add_records(made[-1], number)
    return made


@contextmanager
def _running(folder: Path, issuer: Issuer, signer: Signer) -> Generator[Running]:
    secret = folder / "secret"
    secret.write_text("word")
    public, platform = folder / "public.sock", folder / "platform" / "registry.sock"
    settings = {
        "SEEDBED_STACK": "local",
        "SEEDBED_PLATFORM_BASE": "http://127.0.0.1:7301",
        "SEEDBED_PLATFORM_RUN": str(folder),
        "SEEDBED_PLATFORM_STATE": str(folder / "state"),
        "SEEDBED_PLATFORM_REGISTRY_SOCKET": str(platform),
        "SEEDBED_PLATFORM_POLICY_KEYS_FILE": str(signer.pin(folder / "keys.json")),
        "SEEDBED_AUTH_ISSUER": issuer.url,
        "SEEDBED_AUTH_JWKS_URL": f"{issuer.url}/jwks",
        "SEEDBED_REGISTRY_DATABASE": str(folder / "registry.db"),
        "SEEDBED_REGISTRY_PUBLIC_SOCKET": str(public),
        "SEEDBED_REGISTRY_PROBE_SECONDS": "86400",  # there are no servers to look at
        "SEEDBED_REGISTRY_CLIENT_SECRET_FILE": str(secret),
        "SEEDBED_REGISTRY_PROBE_SECRET_FILE": str(secret),
        "SEEDBED_REGISTRY_ROLE_GROUPS": json.dumps(dict(ROLE_GROUPS)),
    }
    log = (folder / "registry.log").open("w")
    process = subprocess.Popen([sys.executable, "-m", "registry"], env=os.environ | settings, stderr=log)
    try:
        _wait(lambda: public.exists() and _ready(public), process)
        pin(process.pid)
        _settle(process.pid)
        yield Running(public=str(public), platform=str(platform), pid=process.pid)
    finally:
        process.kill()  # nothing of it is kept
        process.wait(30)


def _settle(pid: int) -> None:
    """Wait until it has looked once at each server, none of which is there."""
    deadline, before = time.monotonic() + 600, cpu([pid])
    while time.monotonic() < deadline:
        time.sleep(2)
        before, spent = cpu([pid]), cpu([pid]) - before
        if spent < 0.05 * 2e9:
            return


def _ready(socket: Path) -> bool:
    transport = httpx2.HTTPTransport(uds=str(socket))
    try:
        with httpx2.Client(transport=transport, base_url="http://registry", timeout=5) as client:
            return client.get("/health/ready").status_code == 200
    except httpx2.TransportError:
        return False


def _wait(claim: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 300
    while not claim():
        if time.monotonic() > deadline or process.poll() is not None:
            raise RuntimeError("the registry to be measured did not start")
        time.sleep(0.05)


def _latency(what: str, sent: Sequence[bytes], many: Running) -> list[Row]:
    rows: list[Row] = []
    for callers in (ALONE, TOGETHER):
        _drive(many.public, sent, many.pid, len(sent))  # everybody once: what changes seldom is read by the first
        taken = [_drive(many.public, sent, many.pid, callers) for _ in range(ROUNDS)]
        for name, values in (("p50", [each.p50_ms for each in taken]), ("p95", [each.p95_ms for each in taken])):
            middle = statistics.median(values)
            bar = 1.0 if name == "p95" and "all 10,000" not in what else None
            work = f"{what}: {name} of {callers} at once"
            ratio = middle / LIMIT_MS[callers] if bar else None
            rows.append(Row(part="registry", work=work, ours=middle, unit="ms", ratio=ratio, bar=bar))
    return rows


def _drive(socket: str | tuple[str, int], sent: Sequence[bytes], pid: int, callers: int) -> Reading:
    return drive(socket, *sent, expect=b"", pids=[pid], callers=callers, seconds=SECONDS)


def _preflight(sent: Sequence[bytes], many: Running, address: tuple[str, int], pid: int) -> Row:
    """In turn, as noise comes and goes."""
    nothing = [request.replace(request.split(b" ", 2)[1], b"/", 1) for request in sent]
    pairs = [(_drive(many.public, sent, many.pid, 16), _drive(address, nothing, pid, 16)) for _ in range(ROUNDS * 2)][
        1:
    ]
    work = "pre-flight; beside an empty FastAPI route that verifies a JWT"
    return _beside(work, [(ours.cpu_us, bare.cpu_us) for ours, bare in pairs], bar=2.0)


def _growth(asked: Growing, few: Running, many: Running) -> Row:
    """Many short rounds in turn, in an order by chance: what else the machine does falls on both alike."""
    pairs: list[tuple[float, float]] = []
    for _ in range(TURNS):
        taken = {each.pid: _grown(asked, each) for each in random.sample([few, many], 2)}
        pairs.append((taken[many.pid], taken[few.pid]))
    return _beside(f"{asked.what} with {MANY:,} records; beside {FEW:,}", pairs, bar=1.25)


def _grown(asked: Growing, of: Running) -> float:
    door = of.platform if asked.inside else of.public
    return drive(door, *asked.sent, expect=asked.expect, pids=[of.pid], callers=4, seconds=SECONDS / 2).cpu_us


def _beside(work: str, pairs: Sequence[tuple[float, float]], *, bar: float) -> Row:
    ratios = sorted(ours / other for ours, other in pairs)
    return Row(
        part="registry", work=work, ours=statistics.median(ours for ours, _ in pairs),
        baseline=statistics.median(other for _, other in pairs), unit="CPU us/call", ratio=statistics.median(ratios),
        low=ratios[len(ratios) // 4], high=ratios[-1 - len(ratios) // 4], bar=bar,
    )  # fmt: skip


def _intake(sent: Sequence[bytes], many: Running) -> list[Row]:
    """The catalogue while nothing else happens, and while a thousand records a second come in."""
    idle: list[float] = []
    busy: list[float] = []
    batches: list[float] = []
    for _ in range(ROUNDS):
        idle.append(_drive(many.public, sent, many.pid, ALONE).p95_ms)
        with _shipping(many) as took:
            busy.append(_drive(many.public, sent, many.pid, ALONE).p95_ms)
        batches += took
    ratio = statistics.median(b / i for b, i in zip(busy, idle, strict=True))
    work = f"catalogue: p95 while {BATCHES_PER_SECOND * 200:,} records a second come in; beside none"
    return [
        Row(part="registry", work=work, ours=statistics.median(busy), baseline=statistics.median(idle), unit="ms",
            ratio=ratio, bar=2.0),
        Row(part="registry", work="200 records taken in, on the disk", ours=statistics.median(batches), unit="ms"),
    ]  # fmt: skip


@contextmanager
def _shipping(many: Running) -> Generator[list[float]]:
    took: list[float] = []
    command = [sys.executable, "-m", "tests.bench.shipping", many.platform, str(BATCHES_PER_SECOND)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    took.append(float(process.stdout.readline()))
    try:
        yield took
    finally:
        process.terminate()
        took += [float(line) for line in process.communicate()[0].split()]
