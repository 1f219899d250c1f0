"""Logs of drivers and executors: a page of what matters out of any number of megabytes."""

from pathlib import Path

import pytest

from platform_core.errors import Invalid, NotFound, Unavailable
from servers.spark.logs import extract
from servers.spark.logs.places import Place, place
from tests.servers.spark.conftest import Opening
from tests.servers.spark.logs import sample

MOST_CHARACTERS = 7_000
"""Well under 2,000 tokens, even of stack traces."""
KEY = "AKIA" + "ABCDEFGHIJKLMNOP"
NOISE = "26/11/23 10:00:{:02} INFO TaskSetManager: Finished task {}.0 in stage 3.0 (TID {}) in 41 ms on 10.0.0.7\n"
RETRY = "26/11/23 10:01:{:02} WARN RetryingBlockTransferor: Retry ({}/3) for {} outstanding blocks after 5000 ms\n"
ERROR = """26/11/23 10:02:03 ERROR Executor: Exception in task 4.0 in stage 3.0 (TID 104)
java.lang.IllegalStateException: no rate for USD, password=hunter22
\tat com.shop.Rates.of(Rates.scala:17)
Caused by: java.net.ConnectException: Connection refused
\tat java.base/sun.nio.ch.Net.connect0(Native Method)
"""


def log(folder: Path, text: str) -> Place:
    (folder / "stderr").write_text(text)
    return Place(url=str(folder / "stderr"))


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Fifty megabytes: noise, warnings that repeat, and errors of two kinds."""
    noise = "".join(NOISE.format(n % 60, n, n) for n in range(2_000))
    retries = "".join(RETRY.format(n % 60, n % 3, n) for n in range(50))
    last = ERROR.replace("104", "999") + "the end\n"
    return log(tmp_path_factory.mktemp("big"), noise + ERROR + (noise + retries) * 240 + last)


def test_fifty_megabytes_become_a_page(big: Place) -> None:
    assert Path(big.url).stat().st_size > 50e6
    said = extract.summary(big)
    assert len(said.text) < MOST_CHARACTERS
    assert said.text.startswith("First error, line 2001 (2 times")
    assert "Caused by: java.net.ConnectException" in said.text
    assert "(12000 times" in said.text
    assert "the end" in said.text


def test_secrets_do_not_leave_in_any_mode(tmp_path: Path) -> None:
    where = log(tmp_path, f"{ERROR}26/11/23 10:00:00 WARN S3: using {KEY}\n")
    for said in (extract.summary(where), extract.grep(where, "password|akia", 0), extract.tail(where)):
        assert said.text
        assert "hunter22" not in said.text
        assert KEY not in said.text


def test_grep_finds_words_with_line_numbers_and_goes_on_where_it_stopped(big: Place) -> None:
    first = extract.grep(big, "RETRY (2|no such word", 0)
    assert first.truncated
    assert first.text.splitlines()[0].partition(": ")[0].isdecimal()
    second = extract.grep(big, "RETRY (2|no such word", first.next_line)
    numbers = [int(line.partition(":")[0]) for line in (first.text + "\n" + second.text).splitlines()]
    assert numbers == sorted(set(numbers))
    assert extract.grep(big, "(a+)+$", 0).text == ""  # words, never a pattern that could run for ever


def test_the_tail_is_the_end(big: Place) -> None:
    said = extract.tail(big)
    assert said.text.splitlines()[-1].endswith(": the end")
    assert said.truncated
    assert len(said.text) < MOST_CHARACTERS


def test_structured_logs_are_read_too(tmp_path: Path) -> None:
    line = '{"ts":"2026-11-23T10:00:00Z","level":"ERROR","msg":"Lost executor 4","logger":"TaskSchedulerImpl"}\n'
    assert extract.summary(log(tmp_path, line * 3)).text.startswith("First error, line 1 (3 times, to line 3): Lost")


def test_a_line_of_a_hundred_megabytes_is_one_line(tmp_path: Path) -> None:
    said = extract.tail(log(tmp_path, "x" * 100_000_000 + "\nafter\n"))
    assert said.lines == 2
    assert said.text.endswith("2: after")


@pytest.mark.parametrize("executor", ["../../etc", "..", "a/b", "", "0\n"])
def test_an_executors_id_can_not_lead_elsewhere(executor: str) -> None:
    with pytest.raises(Invalid, match="letters, digits"):
        place("/logs/{app_id}/{executor}/{stream}", "app-1", executor, "stderr")


def test_what_is_not_there_and_what_is_not_set_up_differ(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such log"):
        extract.summary(place(f"{tmp_path}/{{app_id}}/{{executor}}/{{stream}}", "app-1", "driver", "stderr"))
    with pytest.raises(Unavailable, match="SEEDBED_SPARK_LOGS"):
        place("", "app-1", "driver", "stderr")


def test_both_streams_in_one_log_are_asked_for_once() -> None:
    with pytest.raises(NotFound, match="in one log"):
        place("/logs/{app_id}/{executor}", "app-1", "driver", "stdout")


@pytest.mark.parametrize(
    "line", ["Terminating due to java.lang.OutOfMemoryError: Java heap space", "# There is insufficient memory for the"]
)
def test_the_last_words_of_a_jvm_are_an_error(line: str, tmp_path: Path) -> None:
    said = extract.summary(log(tmp_path, f"an ordinary line\n{line}\n"))
    assert (said.first_error, said.first_error_line) == (line, 2)


@pytest.mark.anyio
async def test_a_real_drivers_log_names_the_cause(opened: Opening) -> None:
    app_id = sample("dependency").app_id
    async with opened("ana") as spark:
        said, fields = await spark.ask("get_logs", app_id=app_id)
        assert "ModuleNotFoundError: No module named 'house_models'" in said
        assert len(said) < MOST_CHARACTERS
        _, executor = await spark.ask("get_logs", app_id=app_id, source="executor", executor_id="0", mode="tail")
        assert "Driver commanded a shutdown" in executor["text"]
        said, _ = await spark.refusal("get_logs", app_id=app_id, source="executor")
        assert "what=executors" in said
        said, _ = await spark.refusal("get_logs", app_id=app_id, mode="grep", pattern=" | ")
        assert "wants a `pattern`" in said
    assert fields["text"].startswith("⟦First error, line ")
