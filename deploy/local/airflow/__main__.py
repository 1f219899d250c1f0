"""`python -m deploy.local.airflow`; the settings say where."""

import argparse
import signal
import sys
from types import FrameType
from typing import NoReturn

from deploy.local.airflow.install import environment
from deploy.local.airflow.processes import Processes
from deploy.local.airflow.settings import LocalAirflowSettings
from deploy.local.airflow.teaching import teach
from platform_core.errors import WiringError


def main() -> None:
    """Install what is missing, start its four processes and the teaching runs, then stay until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.airflow", description=__doc__)
    parser.add_argument("--settings", action="store_true", help="list the settings and stop")
    if parser.parse_args().settings:
        print(LocalAirflowSettings.listing())
        return
    signal.signal(signal.SIGTERM, _leave)
    try:
        settings = LocalAirflowSettings.load()
        processes = Processes(settings, environment(_say))
    except WiringError as error:
        sys.exit(f"airflow: {error}")
    try:
        processes.start(_say)
        teach(settings, _say)
        _say(f"{settings.url} answers, for this machine only")
        sys.exit(f"airflow: {processes.wait()}")
    except WiringError as error:
        sys.exit(f"airflow: {error}")
    except KeyboardInterrupt:
        pass
    finally:
        processes.stop()


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def _say(words: str) -> None:
    print(f"airflow: {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
