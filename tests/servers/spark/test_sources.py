"""Logs in object stores, as fsspec opens them: the same attempts and digests as on a disk, else clear words."""

import time
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import fsspec  # pyright: ignore[reportMissingTypeStubs] - it has none
import pytest

from platform_core.errors import Unavailable, WiringError
from servers.spark.applications import Found
from servers.spark.digesting import digest_of, header_of
from servers.spark.logs import extract
from servers.spark.logs.places import place
from servers.spark.shelf import key_of
from servers.spark.sources.folder import Folder
from tests.servers.spark.conftest import Opening
from tests.servers.spark.logs import MOST, plain, sample, sample_file
from tests.servers.spark.writing import PACKED, ended, started, task, text

APP = "app-20261122182521-7001"
_fsspec: Any = fsspec
BUCKET = "memory://bucket/spark-events"


@pytest.fixture
def bucket() -> Generator[str]:
    """A store that is no disk: times are objects, there are no links, and folders are made of names."""
    yield BUCKET
    _fsspec.filesystem("memory").rm("/bucket", recursive=True)


def put(name: str, data: bytes) -> None:
    with _fsspec.open(f"{BUCKET}/{name}", "wb") as file:
        file.write(data)


@pytest.mark.parametrize("ending", PACKED)
def test_a_log_in_a_store_gives_the_digest_of_the_one_on_the_disk(ending: str, bucket: str) -> None:
    put(f"{APP}{ending}", PACKED[ending](plain("executor_oom")))
    [attempt] = Folder(bucket).attempts()
    digest = digest_of(bucket, attempt, most_bytes=MOST)
    assert digest.stages == sample("executor_oom").stages
    header = header_of(bucket, attempt)
    assert header is not None
    assert header.name == "sick-executor_oom"


def test_a_rolled_log_in_a_store_is_one_attempt(bucket: str) -> None:
    for number, events in {1: [started(), *task(1)], 2: [*task(2), ended()]}.items():
        put(f"eventlog_v2_{APP}/events_{number}_{APP}", text(events))
    put(f"eventlog_v2_{APP}/appstatus_{APP}", b"")
    put("README", b"")
    attempts = {one.app_id: one for one in Folder(bucket).attempts()}
    digest = digest_of(bucket, attempts[APP], most_bytes=MOST)
    assert (digest.stages[0].ok, digest.in_progress) == (2, False)


def test_a_log_that_grows_in_a_store_is_another_log(bucket: str) -> None:
    put(f"{APP}.inprogress", text([started(), *task(1)]))
    [before] = Folder(bucket).attempts()
    put(f"{APP}.inprogress", text([started(), *task(1), *task(2)]))
    [after] = Folder(bucket).attempts()
    assert key_of(bucket, before) != key_of(bucket, after)
    assert Found(url=bucket, attempt=after, key="").silent_seconds(time.time() * 1000) < 600
    assert digest_of(bucket, after, most_bytes=MOST).stages[0].ok == 2


def test_a_log_that_was_copied_here_today_is_as_silent_as_it_was(bucket: str) -> None:
    put(f"{APP}.inprogress", text([started(), *task(1)]))
    [copied] = Folder(bucket).attempts()
    digest = digest_of(bucket, copied, most_bytes=MOST)
    assert Found(url=bucket, attempt=copied, key="").silent_seconds(digest.until) > 86_400


def test_a_drivers_log_in_a_store_is_read(bucket: str) -> None:
    put("logs/app-1/driver/stderr", b"26/11/23 10:00:00 ERROR Main: java.lang.IllegalStateException: no rate\n")
    said = extract.summary(place(f"{bucket}/logs/{{app_id}}/{{executor}}/{{stream}}", "app-1", "driver", "stderr"))
    assert "no rate" in said.first_error


@pytest.mark.anyio
async def test_a_store_is_opened_by_the_processes_that_read(
    opened: Opening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "kept.zip", "w") as archive:
        archive.write(sample_file("executor_oom"), f"events/{sample_file('executor_oom').name}")
    monkeypatch.setenv("SEEDBED_SPARK_EVENT_LOGS", f"zip://events::file://{tmp_path}/kept.zip")
    async with opened("ana") as spark:
        _, verdict = await spark.ask("diagnose_application", app_id=sample("executor_oom").app_id)
    assert verdict["kind"] == "out_of_memory_heap"


def test_a_folder_that_is_not_there_and_a_store_that_nobody_knows_differ(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="can't be listed"):
        Folder(str(tmp_path / "gone")).attempts()
    with pytest.raises(WiringError, match="SEEDBED_SPARK_EVENT_LOGS"):
        Folder("nobodys-store://bucket/events")
