"""`make spark-lab`: run every sick job on a real cluster, into build/spark-events."""

import subprocess
import sys
from pathlib import Path

from tests.servers.spark.lab.daemons import cluster
from tests.servers.spark.lab.install import environment, python

JOBS = Path(__file__).with_name("jobs.py")
MANY_CORES = ("idle_cores",)


def main() -> None:
    """All jobs, or those that are named."""
    events = Path("build/spark-events").resolve()
    events.mkdir(parents=True, exist_ok=True)
    listed = subprocess.run([python(), JOBS, "--list"], env=environment(), capture_output=True, text=True, check=True)
    wanted = sys.argv[1:] or listed.stdout.split()
    for cores, names in ((2, [n for n in wanted if n not in MANY_CORES]), (12, [n for n in wanted if n in MANY_CORES])):
        if names:
            with cluster(events.parent, cores=cores) as master:
                for name in names:
                    run(name, events, "--master", master)


def run(name: str, events: Path, *words: str) -> None:
    """Run one job; its event log lies in `events` afterwards."""
    print(f"    {name}", file=sys.stderr, flush=True)
    command = [python(), JOBS, name, "--events", f"file://{events}", *words]
    subprocess.run(command, env=environment(), capture_output=True, check=True, timeout=600)


if __name__ == "__main__":
    main()
