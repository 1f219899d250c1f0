"""`make spark-lab`: run every sick job on a real cluster, into build/spark-lab, and judge each of them again."""

import subprocess
import sys

from tests.servers.spark.lab.daemons import TWO_HOSTS, cluster
from tests.servers.spark.lab.install import python
from tests.servers.spark.lab.running import FOLDER, NOT_ALONE, named, run
from tests.servers.spark.verdicts import VERDICTS

MANY_CORES = ("idle_cores",)
LARGE = {"127.0.0.1": 12}


def main() -> int:
    """All jobs, or those that are named. Returns how many got another verdict than the table says."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:] or [name for name in _listed() if name not in NOT_ALONE]
    unlike = 0
    for workers, names in ((TWO_HOSTS, [n for n in wanted if n not in MANY_CORES]), (LARGE, MANY_CORES)):
        names = [name for name in names if name in wanted]
        if names:
            with cluster(FOLDER, workers=workers) as master:
                unlike += sum(not _judged(name, master) for name in names)
    return unlike


def _judged(name: str, master: str) -> bool:
    """Whether a job that ran just now gets its verdict; one that is not in the table is shown alone."""
    kind = named(run(name, FOLDER / "events", "--master", master))
    good = kind == VERDICTS.get(name, kind)
    print(f"    {name}: {kind}{'' if good else f', expected {VERDICTS[name]}'}", file=sys.stderr, flush=True)
    return good


def _listed() -> list[str]:
    command = [python(), "-m", "tests.servers.spark.lab.jobs", "--list"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


if __name__ == "__main__":
    sys.exit(main())
