"""Event logs in every packing and every state of repair: what can be read is read, the rest is counted and said."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from servers.spark.digest import packed, unpacked
from servers.spark.digesting import Unreadable, header_of
from servers.spark.eventlog import lines as reading_lines
from servers.spark.sources.folder import Folder
from tests.servers.spark.logs import only, plain, sample
from tests.servers.spark.writing import PACKED, START, ended, event, started, task, text

APP = "app-20261122182521-7001"
WHOLE = text([started(), *task(1), *task(2, took=3_000), ended()])


def put(folder: Path, data: bytes, name: str = APP) -> Path:
    file = folder / name
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_bytes(data)
    return folder


@pytest.mark.parametrize("ending", PACKED)
def test_every_codec_gives_the_same_digest(ending: str, tmp_path: Path) -> None:
    data = plain("executor_oom")
    digest = only(put(tmp_path, PACKED[ending](data), APP + ending))
    assert digest.bytes == len(data)
    assert [failure.signature for failure in digest.failures] == [f.signature for f in sample("executor_oom").failures]


@pytest.mark.parametrize("ending", [ending for ending in PACKED if ending])
def test_a_log_cut_in_a_frame_is_read_up_to_the_cut(ending: str, tmp_path: Path) -> None:
    data = PACKED[ending](plain("executor_oom"))
    digest = only(put(tmp_path, data[: len(data) * 3 // 4], APP + ending))
    assert digest.name == "sick-executor_oom"
    assert digest.ended is None


@pytest.mark.parametrize("ending", [".lz4", ".snappy", ".lzf", ".gz"])
def test_a_cut_is_said(ending: str, tmp_path: Path) -> None:
    data = PACKED[ending](plain("executor_oom"))
    assert any("cut off" in note for note in only(put(tmp_path, data[:-9], APP + ending)).notes)


@pytest.mark.parametrize("ending", PACKED)
def test_nonsense_is_no_event_log(ending: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"no event of Spark's|could be unpacked"):
        only(put(tmp_path, b"\x00\xffnot a log at all\n" * 50, APP + ending))


def test_an_empty_log_is_empty_and_not_unknown(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="is empty"):
        only(put(tmp_path, b""))


def test_a_folder_without_events_is_a_missing_log(tmp_path: Path) -> None:
    put(tmp_path, b"", f"eventlog_v2_{APP}/appstatus_{APP}.inprogress")
    with pytest.raises(Unreadable, match="the log is missing"):
        only(tmp_path)


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", WHOLE, "passwd")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / APP).symlink_to(outside / "passwd")
    with pytest.raises(Unreadable, match="leads out of the folder"):
        only(tmp_path / "inside")


def test_rolled_files_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    parts = {1: [started(), *task(1)], 2: task(2), 10: [*task(3), ended()]}
    for number, events in parts.items():
        put(tmp_path, text(events), f"eventlog_v2_{APP}/events_{number}_{APP}")
    put(tmp_path, b"", f"eventlog_v2_{APP}/appstatus_{APP}")
    digest = only(tmp_path)
    assert digest.ended == START + 60_000
    assert digest.stages[0].ok == 3
    assert "7 rolled files are missing" in digest.notes


def test_a_compacted_file_stands_for_those_before_it(tmp_path: Path) -> None:
    for number, events in {1: task(1), 2: task(2), 3: [*task(3), ended()]}.items():
        put(tmp_path, text(events), f"eventlog_v2_{APP}/events_{number}_{APP}")
    put(tmp_path, text([started(), *task(9)]), f"eventlog_v2_{APP}/events_2_{APP}.compact")
    digest = only(tmp_path)
    assert digest.stages[0].ok == 2
    assert digest.notes == ["no environment in the log: settings are not known"]


def test_lines_that_can_not_be_decoded_are_counted(tmp_path: Path) -> None:
    broken = WHOLE.replace(b'{"Event":"SparkListenerTaskEnd"', b'{"Event":"SparkListenerTaskEnd",,', 1)
    digest = only(put(tmp_path, broken + b'{"Event":"SparkListenerTas'))
    assert "2 lines could not be decoded" in digest.notes
    assert digest.stages[0].ok == 1


def test_another_vendors_events_and_fields_do_no_harm(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in WHOLE.splitlines()]
    odd = [{"Vendor": {"x": 1}} | one | {"Photon Metrics": [1, 2]} for one in lines]
    foreign = {"Event": "com.vendor.spark.DbcEvent", "payload": "x" * 100}
    digest = only(put(tmp_path, text([*odd[:1], foreign, *odd[1:]])))
    assert digest.stages[0].ok == 2
    assert "1 events of another vendor were passed over" in digest.notes


def test_a_line_without_end_is_passed_over_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_lines, "MOST_LINE", 1 << 16)
    huge = text([event("StageCompleted", Stage_Info={"Stage ID": 0, "Stage Name": "x" * 3_000_000})])
    digest = only(put(tmp_path, text([started()]) + huge + text([ended()])))
    assert digest.ended
    assert "1 lines longer than a line may be were passed over" in digest.notes


def test_a_bomb_stops_at_the_byte_cap(tmp_path: Path) -> None:
    bomb = WHOLE + text(task(3)) * 20_000
    digest = only(put(tmp_path, PACKED[".zstd"](bomb), f"{APP}.zstd"), most_bytes=1 << 20)
    assert digest.bytes < 2 << 20
    assert any("byte cap" in note for note in digest.notes)


def test_a_task_that_never_ended_is_shown_as_running(tmp_path: Path) -> None:
    hung = task(7, Speculative=True)[:1]
    digest = only(put(tmp_path, text([started(), *task(1), *hung])))
    [running] = digest.stages[0].running
    assert (running.id, running.speculative) == (7, True)


def test_spark_two_logs_are_understood(tmp_path: Path) -> None:
    """Spark 2.2 wrote no attempt of a stage, no full trace and no plan metrics."""
    frames = [
        {"Declaring Class": "scala.Predef$", "Method Name": "require", "File Name": "Predef.scala", "Line Number": 224},
        {"Declaring Class": "com.shop.Load", "Method Name": "row", "File Name": "Load.scala", "Line Number": 41},
    ]
    reason = {"Reason": "ExceptionFailure", "Class Name": "java.lang.IllegalArgumentException",
              "Description": "requirement failed", "Stack Trace": frames}  # fmt: skip
    events = [event("LogStart", Spark_Version="2.2.0"), started(), *task(1, reason=reason), ended()]
    for one in events:
        one.pop("Stage Attempt ID", None)
    [failure] = only(put(tmp_path, text(events))).failures
    assert failure.frame == "com.shop.Load.row(Load.scala:41)"
    assert failure.exception == "java.lang.IllegalArgumentException"


def test_a_header_is_read_without_the_rest(tmp_path: Path) -> None:
    put(tmp_path, PACKED[".zstd"](WHOLE), f"{APP}.zstd")
    [attempt] = Folder(str(tmp_path)).attempts()
    header = header_of(str(tmp_path), attempt)
    assert header is not None
    assert (header.app_id, header.name, header.user) == (APP, "nightly", "etl")


def test_a_digest_survives_its_way_to_the_disk() -> None:
    assert unpacked(packed(sample("skew"))) == sample("skew")
    assert unpacked(b"\x81\xa6format\x01") is not None
    assert unpacked(b"not a digest") is None


def test_what_is_kept_grows_with_stages_and_not_with_tasks(tmp_path: Path) -> None:
    digests: list[int] = []
    for count in (100, 10_000):
        many = (one for number in range(count) for one in task(number, took=number))
        stage = {"Stage ID": 0, "Stage Attempt ID": 0, "Stage Name": "s", "Number of Tasks": count}
        put(tmp_path, text([started(), *many, event("StageCompleted", Stage_Info=stage), ended()]))
        digests.append(len(packed(only(tmp_path))))
    assert digests[1] < digests[0] + 50


def test_a_line_of_two_hundred_megabytes_is_passed_over_in_little_memory(tmp_path: Path) -> None:
    pack = zstandard.ZstdCompressor(level=1).compressobj()
    with (tmp_path / f"{APP}.zstd").open("wb") as log:
        log.write(pack.compress(text([started()]) + b'{"Event":"SparkListenerStageCompleted","Stage Info":"'))
        for _ in range(200):
            log.write(pack.compress(b"x" * 1_000_000))
        log.write(pack.compress(b'"}\n' + text([ended()])) + pack.flush())
    program = (
        "import sys; from pathlib import Path; from tests.servers.spark.logs import memory, only;"
        "idle = memory('VmRSS'); digest = only(Path(sys.argv[1]));"
        "assert digest.ended and 'longer than a line may be' in digest.notes[0], digest.notes;"
        "print(memory('VmHWM') - idle)"
    )
    read = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert float(read.stdout) < 64


def test_a_reader_needs_little_memory_beside_what_it_is_made_of(tmp_path: Path) -> None:
    put(tmp_path, text([started()]) + text(one for number in range(40_000) for one in task(number)))
    program = (
        "import sys; from pathlib import Path; from tests.servers.spark.logs import memory, only;"
        "idle = memory('VmRSS'); only(Path(sys.argv[1])); print(memory('VmHWM') - idle)"
    )
    read = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert float(read.stdout) < 64
