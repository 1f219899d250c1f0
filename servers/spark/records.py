"""Root causes on their way in and out."""

from datetime import UTC, datetime
from functools import partial

import msgspec
from anyio.to_thread import run_sync

from platform_core import Caller, Invalid, Question
from platform_core.telemetry.redaction import redact
from servers.spark.answers import Recorded, Rows, Value, table
from servers.spark.digest import Digest
from servers.spark.findings.catalogue import catalogue, kind_of
from servers.spark.findings.causes import text_of
from servers.spark.incidents.store import RootCause, Severity, Sought, record_id
from servers.spark.references import app_ref
from servers.spark.session import Session, shared

MOST = 20
EVERYTHING = 5_000


async def find(spark: Session, caller: Caller, *, app_id: str, signature: str, text: str) -> Rows:
    """Root causes that fit what is given; those of an application fit its signatures and its job."""
    if not (app_id or signature or text.strip()):
        raise Invalid("Give `app_id`, `signature` or `text`.")
    name = ""
    if app_id:
        digest, diagnosis = await spark.diagnosis(app_id)
        name = digest.name
        verdict = diagnosis.verdict
        signature = signature or (verdict.signature or verdict.id if verdict else "")
    sought = Sought(signature=signature, app_name=name, text=text)
    search = partial(spark.causes.find, sought, caller.business_groups, most=MOST)
    found: list[RootCause] = await spark.in_thread(search)
    columns = ["id", "kind", "cause", "fix", "severity", "by", "recorded", "version", "thread", "app"]
    return table("Earlier root causes", columns, [_row(one) for one in found], page=MOST)


async def question(spark: Session, caller: Caller, *, app_id: str, signature: str, cause: str, fix: str) -> Question:
    """The record as the engineer sees it before it is kept."""
    digest = await spark.digest(app_id)
    known = await spark.in_thread(partial(spark.causes.latest, digest.app_id, signature))
    kind = _kind(digest, signature)
    order = f"Supersedes version {known.version}." if known else "The first of its kind."
    return Question(
        text=f"Record this root cause of {kind}: {cause[:160]}",
        target=f"{app_ref(digest.app_id)} ({digest.name}), signature {signature}",
        effect=f"Fix: {fix[:160]}. {order} Readable by: {', '.join(_groups(caller)) or 'nobody'}.",
        precondition=str(known.version if known else 0),
    )


async def made(
    spark: Session, caller: Caller, *, app_id: str, signature: str, cause: str, evidence: tuple[str, ...], fix: str,
    severity: Severity, thread_url: str, at: int,
) -> RootCause:  # fmt: skip
    """The record. Only signatures that the application shows can be recorded for it."""
    digest = await spark.digest(app_id)
    return RootCause(
        id=record_id(digest.app_id, signature),
        app_id=digest.app_id,
        app_name=digest.name,
        signature=signature,
        kind=_kind(digest, signature),
        cause=redact(cause),
        evidence=evidence,
        fix=redact(fix),
        severity=severity,
        thread_url=thread_url,
        recorded_by=caller.subject,
        recorded_at=at,
        groups=_groups(caller),
    )


async def record(spark: Session, fresh: RootCause) -> Recorded:
    """Keep it; saying the same again changes nothing."""
    kept: RootCause = await spark.in_thread(partial(spark.causes.record, fresh))
    note = f"Recorded as version {kept.version} by {kept.recorded_by}; find_incidents finds it."
    return Recorded(id=f"spark:cause/{kept.id}", version=kept.version, note=note)


async def everything(caller: Caller) -> str:
    """All that the person may read; a service that is listed for it gets all, to index them with their groups."""
    _, _, causes = shared()
    groups = None if caller.kind == "service" else caller.business_groups
    found = await run_sync(partial(causes.readable, groups, most=EVERYTHING))
    return "\n".join(msgspec.json.encode(one).decode() for one in found)


def _groups(caller: Caller) -> tuple[str, ...]:
    """Who may read what the person records: those of their business groups."""
    return tuple(sorted(caller.business_groups))


def _kind(digest: Digest, signature: str) -> str:
    if signature in catalogue():
        return signature
    failure = next((failure for failure in digest.failures if failure.signature == signature), None)
    if failure is None:
        raise Invalid(
            f"{digest.app_id} shows no failure of signature {signature!r}: take one from get_failures or a verdict."
        )
    return kind_of(text_of(failure))


def _row(one: RootCause) -> list[Value]:
    when = datetime.fromtimestamp(one.recorded_at, UTC).isoformat(timespec="minutes")
    return [f"spark:cause/{one.id}", one.kind, one.cause, one.fix, one.severity, one.recorded_by, when, one.version,
            one.thread_url, app_ref(one.app_id)]  # fmt: skip
