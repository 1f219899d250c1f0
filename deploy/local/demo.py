"""`make demo`: the main job on real input, as three people would see it, through every layer."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console

from deploy.local.identity.robot import approve
from deploy.local.stack.home import Home
from deploy.local.stack.running import down, up
from platform_core.errors import WiringError

REVENUE = """\
select n.name as nation, round(sum(l.extendedprice * (1 - l.discount))) as revenue
from tpch.tiny.lineitem l
join tpch.tiny.orders o on o.orderkey = l.orderkey
join tpch.tiny.customer c on c.custkey = o.custkey
join tpch.tiny.nation n on n.nationkey = c.nationkey
group by n.name order by revenue desc limit 5"""

console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Terminal:
    """One person's terminal: the real command line, with a login of its own."""

    home: Home
    login: str

    def types(self, *words: str) -> int:
        """Type `seedbed words`, show what comes back, return the exit status."""
        console.print(f"\n[bold]{self.login} $ seedbed {' '.join(_quoted(word) for word in words)}[/bold]")
        done = subprocess.run(self._command(*words), env=self._settings(), text=True, capture_output=True, check=False)  # noqa: S603
        for line in (done.stdout + done.stderr).rstrip().splitlines():
            console.print(f"    {line}", markup=False)
        return done.returncode

    def logs_in(self) -> None:
        """Run the device flow: the terminal shows a code, the person says yes on the provider's page."""
        console.print(f"\n[bold]{self.login} $ seedbed login[/bold]")
        process = subprocess.Popen(  # noqa: S603
            self._command("login"), env=self._settings(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for line in process.stdout or ():
            console.print(f"    {line.rstrip()}", markup=False)
            if code := re.search(r"^Code\s+(\S+)", line):
                approve(self.home.issuer, code[1], self.login)
        if process.wait() != 0:
            raise SystemExit(f"{self.login} could not log in")

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "surfaces.cli", *words]

    def _settings(self) -> dict[str, str]:
        own = {"SEEDBED_CLI_HOME": str(self.home.path / "demo" / self.login), "SEEDBED_CLI_URL": self.home.base}
        return os.environ | own | {"NO_COLOR": "1", "COLUMNS": "110"}


def main() -> None:
    """Start the stack, show the main job, leave the stack running unless ONCE=1."""
    if os.environ.get("ONCE") == "1":
        os.environ.setdefault("SEEDBED_LOCAL_AIRFLOW", "false")  # it would be stopped before it is up
    home = Home.load()
    console.rule("Seedbed: one real call, end to end")
    try:
        up(home)
    except WiringError as error:
        sys.exit(f"{error}\nIf an older Seedbed wrote {home.path}: seedbed down, and remove that folder.")
    show(home)
    if os.environ.get("ONCE") == "1":
        down(home)
    else:
        _what_next(home)


def show(home: Home) -> None:
    """The transcript: an engineer, an employee on the browse list, a contractor, an unknown server, the records."""
    began = time.time()
    with _scene("Ana, a data engineer in finance, asks for revenue by nation"):
        ana = Terminal(home, "ana")
        ana.logs_in()
        ana.types("tools")
        ana.types("call", "presto", "find_tables", "words=orders by customer")
        _expect(ana.types("call", "presto", "run_query", f"sql={REVENUE}"), 0)
    with _scene("Bo, in support, is on the browse list: he finds tables, and the query waits for a right"):
        bo = Terminal(home, "bo")
        bo.logs_in()
        bo.types("tools", "presto")
        _expect(bo.types("call", "presto", "describe_table", "table=tpch.tiny.nation"), 0)
        _expect(bo.types("call", "presto", "run_query", "sql=select 1"), 3)
    with _scene("Carl, a contractor, is refused before a session exists"):
        carl = Terminal(home, "carl")
        carl.logs_in()
        _expect(carl.types("call", "presto", "find_tables", "words=orders"), 3)
    with _scene("A server that nobody registered does not exist"):
        _expect(ana.types("call", "payroll", "pay_everybody"), 3)
    with _scene("What the registry remembers"):
        _records(home, began)


@contextmanager
def _scene(title: str) -> Generator[None]:
    console.print()
    console.rule(f"[bold]{title}[/bold]", align="left")
    yield


def _quoted(word: str) -> str:
    return f"'{word}'" if re.search(r"[\s()*]", word) else word


def _expect(got: int, wanted: int) -> None:
    if got != wanted:
        raise SystemExit(f"the demo expected exit status {wanted} and got {got}: something above is broken")


def _records(home: Home, since: float) -> None:
    """The last calls as the registry has them, and one record whole."""
    transport = httpx2.HTTPTransport(uds=str(home.registry_socket))
    with httpx2.Client(transport=transport, base_url="http://registry", timeout=10) as registry:
        records = _until_arrived(registry, since)
    for record in reversed(records):
        facts = f"{record['user']:5} {record['server']:7} {record['tool']:15} {record['outcome']:10}"
        console.print(f"    {facts} by {record['rule']:14} in {record['latency_ms']:6.1f} ms", markup=False)
    saved = sum(record["minutes"] for record in records if record["outcome"] == "ok")
    console.print(f"    {len(records)} calls, {saved:g} minutes saved by the owners' estimates. The query's record:")
    query = next(record for record in records if record["tool"] == "run_query")
    for name, value in query.items():
        console.print(f"        {name:16} {str(value)[:80]}", markup=False)


def _until_arrived(registry: httpx2.Client, since: float) -> list[dict[str, Any]]:
    """The records of the calls above: servers ship them every fifth of a second."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        records: list[dict[str, Any]] = registry.get("/api/invocations", params={"limit": 3}).json()
        if len(records) == 3 and all(record["time"] >= since for record in records):
            return records
        time.sleep(0.05)
    raise SystemExit("the records of the calls above did not arrive at the registry")


def _what_next(home: Home) -> None:
    helper = json.dumps({"type": "http", "url": f"{home.base}/mcp/presto", "headersHelper": "seedbed headers presto"})
    console.rule("Seedbed stays up")
    console.print(f"registry page      {home.base}/")
    console.print(f"presto, for agents {home.base}/mcp/presto")
    seedbed = Path(sys.executable).with_name("seedbed")
    console.print(f"log in             {seedbed} login")
    console.print(f"Claude Code        claude mcp add-json presto '{helper}'", markup=False)
    console.print(f"stop               {seedbed} down")


if __name__ == "__main__":
    main()
