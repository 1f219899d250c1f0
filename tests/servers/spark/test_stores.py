"""Every promise of the store of root causes, held by SQLite and by a real PostgreSQL alike."""

import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from platform_core.errors import Unavailable, WiringError
from servers.spark.incidents.matching import SCANNED
from servers.spark.incidents.postgres import PostgresRootCauses
from servers.spark.incidents.sqlite import SqliteRootCauses
from servers.spark.incidents.store import RootCause, RootCauses, Sought, record_id
from tests.servers.spark.postgres import postgres

Opened = Callable[[], RootCauses]
DATA, ADS = frozenset({"data-platform"}), frozenset({"ads"})


@pytest.fixture(scope="module")
def server() -> Generator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """The store, as a process that has just started opens it: twice the same records."""
    if request.param == "sqlite":
        return lambda: SqliteRootCauses(tmp_path / "causes.db")
    url: str = request.getfixturevalue("server")
    own = PostgresRootCauses(url)
    with own._open() as db:  # pyright: ignore[reportPrivateUsage] - each test has an empty one
        db.run("TRUNCATE spark_root_causes")
    return lambda: PostgresRootCauses(url)


def cause(app: str = "app-1", *, groups: frozenset[str] = DATA, at: int = 1_000, **said: Any) -> RootCause:
    known: dict[str, Any] = {"signature": "0123456789ab", "cause": "one customer in one row", "fix": "aggregate by day"}
    known |= {"app_name": "nightly"} | said
    return RootCause(
        id=record_id(app, known["signature"]), app_id=app, kind="skew", evidence=("stage:2.0",), severity="high",
        recorded_by="olu", recorded_at=at, groups=tuple(sorted(groups)), **known,
    )  # fmt: skip


def test_every_version_is_kept_and_the_last_one_shown_after_a_restart(opened: Opened) -> None:
    opened().record(cause())
    second = opened().record(cause(fix="a job of its own", at=2_000))
    assert second.version == 2
    assert opened().latest("app-1", "0123456789ab") == second
    assert [one.fix for one in opened().readable(DATA, most=9)] == ["a job of its own"]


def test_saying_the_same_again_makes_no_version(opened: Opened) -> None:
    first = opened().record(cause())
    assert opened().record(cause(at=9_000)) == first


def test_a_record_is_shown_to_its_groups_alone(opened: Opened) -> None:
    opened().record(cause())
    opened().record(cause("app-2", groups=DATA | ADS))
    assert [one.app_id for one in opened().readable(ADS, most=9)] == ["app-2"]
    sought = Sought(signature="0123456789ab")
    assert {one.app_id for one in opened().find(sought, ADS, most=9)} == {"app-2"}
    assert opened().find(sought, frozenset(), most=9) == []
    assert opened().readable(frozenset(), most=9) == []
    assert {one.app_id for one in opened().readable(None, most=9)} == {"app-1", "app-2"}


def test_the_signature_says_more_than_the_job_and_that_more_than_words(opened: Opened) -> None:
    opened().record(cause("app-1", signature="aaaaaaaaaaaa", app_name="other", at=30))
    opened().record(cause("app-2", signature="bbbbbbbbbbbb", app_name="nightly", at=20))
    opened().record(cause("app-3", signature="0123456789ab", app_name="other", at=10))
    sought = Sought(signature="0123456789ab", app_name="nightly", text="customer row")
    assert [one.app_id for one in opened().find(sought, DATA, most=9)] == ["app-3", "app-2", "app-1"]
    assert opened().find(Sought(text="no such thing at all"), DATA, most=9) == []


def test_what_others_record_takes_no_room_from_ones_own(opened: Opened) -> None:
    opened().record(cause("app-0", at=1))
    for number in range(1, 12):
        opened().record(cause(f"app-{number}", groups=ADS, at=number + 1))
    assert [one.app_id for one in opened().readable(DATA, most=3)] == ["app-0"]
    assert SCANNED > 3


def test_two_replicas_that_record_at_once_make_two_versions(opened: Opened) -> None:
    kept: list[int] = []

    def record(fix: str) -> None:
        kept.append(opened().record(cause(fix=fix)).version)

    threads = [threading.Thread(target=record, args=(f"fix number {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kept) == [1, 2, 3, 4, 5, 6]


def test_words_of_people_are_words_and_never_sql(opened: Opened) -> None:
    text = "'; DROP TABLE spark_root_causes; -- :id $1 \\ ünï"
    kept = opened().record(cause(fix=text, app_name=text))
    assert msgspec.structs.replace(kept, recorded_at=1_000) == opened().latest("app-1", "0123456789ab")
    assert kept.fix == text


def test_a_database_that_is_away_is_said_and_its_password_is_not() -> None:
    store = PostgresRootCauses("postgresql://app:hunter22@127.0.0.1:9/causes?sslmode=disable")
    with pytest.raises(Unavailable, match="does not answer") as away:
        store.readable(DATA, most=1)
    assert "hunter22" not in str(away.value)


@pytest.mark.parametrize("url", ["mysql://a@b/c", "postgresql://host/db", "postgresql://u@/db", ""])
def test_a_url_of_no_database_is_refused_before_anybody_asks(url: str) -> None:
    with pytest.raises(WiringError, match="SEEDBED_SPARK_ROOT_CAUSES_FILE"):
        PostgresRootCauses(url)
