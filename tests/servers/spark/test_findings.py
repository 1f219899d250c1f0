"""Every finding is proved by a real log, absent from its healthy twin, and blind to names, numbers and pace."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from servers.spark.findings.catalogue import as_text, catalogue, kind_of
from servers.spark.findings.diagnose import diagnose
from tests.servers.spark import logs
from tests.servers.spark.logs import DRIVERS, LONG_AGO, judged, judged_beside, named, sample
from tests.servers.spark.verdicts import AFTER, VERDICTS

FIXED = "e26497dda711e297"
"""What all thresholds together came to when the logs of `AFTER` were made."""
PAGE = Path(__file__).parents[3] / "docs" / "spark-findings.md"


def test_every_shipped_log_has_an_expected_verdict() -> None:
    assert set(VERDICTS) == set(named())


def test_a_fifth_of_the_logs_was_made_after_the_thresholds_were_fixed() -> None:
    values = {e.id: {name: t.value for name, t in e.thresholds.items()} for e in catalogue().values() if e.thresholds}
    known_by = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
    assert known_by == FIXED, "a threshold moved: the logs of AFTER have to be made anew by the lab"
    assert len(AFTER) >= len(VERDICTS) / 5


@pytest.mark.parametrize("name", VERDICTS)
def test_a_shipped_log_gets_its_verdict(name: str) -> None:
    verdict = judged(name).verdict
    assert (verdict and verdict.id) == VERDICTS[name]


@pytest.mark.parametrize("change", [logs.scrambled, logs.renumbered, logs.slower], ids=["names", "ids", "pace"])
@pytest.mark.parametrize("name", VERDICTS)
def test_a_verdict_does_not_hang_on_names_ids_or_pace(name: str, change: Callable[[str], str], tmp_path: Path) -> None:
    digest = logs.changed(name, tmp_path, change)
    verdict = judged_beside(digest, DRIVERS / sample(name).app_id / "driver").verdict
    assert (verdict and verdict.id) == VERDICTS[name]


@pytest.mark.parametrize("finding", [entry.id for entry in catalogue().values() if entry.proof])
def test_a_finding_is_proved_by_one_log_and_absent_from_its_twin(finding: str) -> None:
    entry = catalogue()[finding]
    assert finding in [found.id for found in judged(entry.proof).findings]
    assert finding not in [found.id for found in judged(entry.twin).findings]


def test_every_finding_but_the_unexplained_has_a_proof() -> None:
    assert [entry.id for entry in catalogue().values() if not (entry.proof and entry.twin)] == ["unexplained"]


def test_every_threshold_says_where_it_comes_from() -> None:
    thresholds = [t for entry in catalogue().values() for t in entry.thresholds.values()]
    assert all(re.match(r"(Spark|Dr\. Elephant|DataFlint|kubeflow|ours)", t.source) for t in thresholds)
    assert all(entry.id in as_text() for entry in catalogue().values())


@pytest.mark.parametrize("name", [name for name, verdict in VERDICTS.items() if verdict])
def test_evidence_exists_in_the_log(name: str) -> None:
    digest = sample(name)
    known = {stage.ref for stage in digest.stages} | {f"job:{job.id}" for job in digest.jobs}
    known |= {f"executor:{one.id}" for one in digest.executors} | {f"sql:{one.id}" for one in digest.executions}
    for finding in judged(name).findings:
        assert finding.evidence
        for one in finding.evidence:
            kind, _, number = one.partition(":")
            assert one in known or (kind == "line" and int(number) <= digest.lines) or kind in ("task", "driver-log")


def test_a_lost_executor_is_an_echo_of_the_full_heap() -> None:
    first = diagnose(sample("executor_oom"), silent_seconds=LONG_AGO).findings[0]
    assert first.echoes == ("ExecutorLostFailure x3",)


def test_a_log_that_is_still_written_is_running() -> None:
    diagnosis = diagnose(sample("driver_dies"), silent_seconds=5)
    assert diagnosis.status == "running"
    assert "driver_died" not in [finding.id for finding in diagnosis.findings]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "ExecutorLostFailure : Container killed by YARN for exceeding memory limits. 5.5 GB of 5.5 GB",
            "container_killed",
        ),
        ("ExecutorLostFailure : Container from a bad node. Exit status: 137", "container_killed"),
        ("ExecutorLostFailure : Executor heartbeat timed out after 130000 ms", "executor_lost"),
        (
            "ExceptionFailure org.apache.hadoop.security.AccessControlException: Permission denied: user=etl",
            "permission",
        ),
        ("ExceptionFailure java.lang.ClassNotFoundException: com.shop.Udf", "dependency"),
        ("ExceptionFailure java.io.FileNotFoundException: File does not exist: hdfs://x/part-0", "missing_path"),
        ("[NUMERIC_VALUE_OUT_OF_RANGE] ... SQLSTATE: 22003", "bad_data"),
        ("ExceptionFailure java.lang.NullPointerException: null", "bad_code"),
        ("something else happened", "unexplained"),
    ],
)
def test_words_of_other_clusters_are_understood(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize("finding", catalogue())
def test_the_page_of_findings_says_what_the_catalogue_says(finding: str) -> None:
    assert row(finding) in PAGE.read_text("utf-8")


def row(finding: str) -> str:
    """The finding's line in docs/spark-findings.md."""
    entry = catalogue()[finding]
    bounds = "; ".join(f"{name} {t.value:g} ({t.source})" for name, t in entry.thresholds.items())
    says = "text of the failure" if entry.says else ", ".join(entry.operators)
    proof = f"{entry.proof} | {entry.twin}" if entry.proof else "none: it is what is left | "
    return f"| `{entry.id}` | {entry.title}. {entry.about} | {bounds or says} | {entry.disproof} | {proof} |"
