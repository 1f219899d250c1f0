"""Put logs of the lab among the samples that the server ships, without what belongs to the machine: paths, account."""

import getpass
import io
import re
import shutil
import sys
from pathlib import Path

import zstandard

from tests.servers.spark.lab.install import home
from tests.servers.spark.lab.running import FOLDER, attempt_in, driver_logs
from tests.servers.spark.logs import DRIVERS, SAMPLES

ROOT = Path.cwd()
WITH_DRIVER = ("driver_oom", "huge_broadcast", "unknown_table", "python_crash")
"""Jobs whose driver says what the event log does not."""
MOST_LOG = 60_000


def main() -> None:
    """Ship the jobs that are named."""
    for name in sys.argv[1:]:
        attempt = attempt_in(FOLDER / "events" / name)
        [part] = attempt.parts
        (SAMPLES / part.last).write_bytes(_packed(_neutral(_plain(Path(part.name)))))
        if name in WITH_DRIVER:
            target = DRIVERS / attempt.app_id / "driver"
            target.mkdir(parents=True, exist_ok=True)
            for stream in driver_logs(FOLDER / "events" / name).iterdir():
                if text := _neutral(stream.read_text())[:MOST_LOG]:
                    (target / stream.name).write_text(text)
        shutil.copystat(part.name, SAMPLES / part.last)


def _neutral(text: str) -> str:
    home_folder = str(Path.home())
    for own, other in (
        (str(home() / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"), "/opt/venv"),
        (str(home()), "/opt/venv"), (str(FOLDER), "/data/spark"), (f"{ROOT}/tests/servers/spark/lab", "/opt/jobs"),
        (str(ROOT), "/opt/demo"), (home_folder, "/opt/spark"),
    ):  # fmt: skip
        text = text.replace(own, other)
    text = text.replace("tests.servers.spark.lab.", "").replace("tests/servers/spark/lab/", "")
    return re.sub(rf'(?<=["=:]){getpass.getuser()}(?=["\s,;])', "spark", text)


def _plain(log: Path) -> str:
    with log.open("rb") as packed:
        stream = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
        return io.BufferedReader(stream).read().decode()  # type: ignore[arg-type]


def _packed(text: str) -> bytes:
    return zstandard.ZstdCompressor(level=19).compress(text.encode())


if __name__ == "__main__":
    main()
