"""What an assistant may do with Spark: find an application, learn why it failed or was slow, keep what was learned."""

import time
from typing import Annotated, Literal

from pydantic import Field

from platform_core import Caller, Invalid, Question, Server, Untrusted, authorize_tool, requires_approval, the_call
from servers.spark import listing, records, telling
from servers.spark.answers import PAGE, Recorded, Rows, Text, Verdict, table
from servers.spark.compare import differences
from servers.spark.findings.catalogue import as_text
from servers.spark.incidents.store import Severity
from servers.spark.logs import extract
from servers.spark.logs.places import DRIVER, Stream
from servers.spark.references import app_ref
from servers.spark.session import Spark
from servers.spark.views.choice import What, page_start, view

server = Server(__name__)

AppId = Annotated[str, Field(max_length=200, description="Application id.")]
Attempt = Annotated[str, Field(max_length=40, description="Attempt; the last if empty.")]
Cursor = Annotated[str, Field(max_length=40, description="next_cursor of the page before.")]
Signature = Annotated[str, Field(max_length=40, description="12 hex digits from a verdict or get_failures.")]
Day = Annotated[str, Field(max_length=40, description="ISO date or time.")]


@server.tool(long=True)
@authorize_tool(policy="browse")
async def find_applications(
    spark: Spark,
    text: Annotated[str, Field(max_length=200, description="Part of name or id.")] = "",
    user: Annotated[str, Field(max_length=100)] = "",
    status: Literal["", "succeeded", "failed", "cancelled", "running", "died"] = "",
    since: Day = "",
    until: Day = "",
    cursor: Cursor = "",
) -> Rows:
    """Find Spark applications, newest first, with status, duration and failed tasks."""
    start = page_start(cursor)
    asked = listing.Asked(text=text, user=user, status=status, since=since, until=until)
    return await listing.page(spark.applications, asked, start)


@server.tool(long=True)
@authorize_tool(policy="read")
async def diagnose_application(spark: Spark, app_id: AppId, attempt: Attempt = "") -> Verdict:
    """Say why an application failed or was slow: first cause, evidence, time lost, what would disprove it.

    Start here. Evidence ids (stage:2.0, sql:0, executor:1) are `id` in get_details, line:N is a line of the event log.
    """
    digest, diagnosis = await spark.diagnosis(app_id, attempt)
    return telling.verdict(digest, diagnosis)


@server.tool(long=True)
@authorize_tool(policy="read")
async def get_failures(
    spark: Spark,
    app_id: AppId,
    stage_id: Annotated[str, Field(max_length=20, description="Only this stage.")] = "",
    cursor: Cursor = "",
) -> Rows:
    """Distinct failures of tasks: count, first and last time, executors, one trimmed trace each."""
    start = page_start(cursor)
    return telling.failures(await spark.digest(app_id), stage_id, start)


@server.tool(long=True)
@authorize_tool(policy="read")
async def get_details(
    spark: Spark,
    app_id: AppId,
    what: What,
    id: Annotated[str, Field(max_length=40, description="Stage for `stage`; execution for the plan of `sql`.")] = "",
    filter: Annotated[str, Field(max_length=100, description="Only rows with this text.")] = "",
    cursor: Cursor = "",
) -> Rows:
    """One table about an application: jobs, stages, one stage, executors, SQL and plans, settings, or a timeline."""
    start = page_start(cursor)
    shown = view(await spark.digest(app_id), what, id)
    return table(shown.note, shown.columns, shown.matching(filter), start=start)


@server.tool(long=True)
@authorize_tool(policy="read")
async def get_logs(
    spark: Spark,
    app_id: AppId,
    source: Literal["driver", "executor"] = "driver",
    executor_id: Annotated[str, Field(max_length=60)] = "",
    stream: Stream = "stderr",
    mode: extract.Mode = "summary",
    pattern: Annotated[str, Field(max_length=200, description="For grep: words, `a|b` for either.")] = "",
    cursor: Cursor = "",
) -> Text:
    """Read a driver's or executor's log: its distinct errors, lines with a word, or its end. Secrets are masked."""
    start = page_start(cursor)
    if source == "executor" and not executor_id:
        raise Invalid("Which executor? Give `executor_id`; get_details with what=executors lists them.")
    if mode == "grep" and not pattern.strip(" |"):
        raise Invalid("grep wants a `pattern`: one word, or several with | between them.")
    found = await spark.applications.find(app_id)
    who = DRIVER if source == "driver" else executor_id
    said = await spark.log(found.attempt.app_id, who, stream, extract.read, mode, pattern, start)
    note = f"{mode} of the log of {who} of {app_ref(app_id)}, {said.lines} lines"
    more = str(said.next_line) if said.next_line else None
    return Text(note=note, text=Untrusted(said.text or "(no such line)"), truncated=said.truncated, next_cursor=more)


@server.tool(long=True)
@authorize_tool(policy="read")
async def compare_runs(
    spark: Spark,
    app_id: AppId,
    baseline: Annotated[str, Field(max_length=200, description="Id; the job's last good run if empty.")] = "",
) -> Rows:
    """Compare a run with the last good one of the same job: time per input, settings, stages, plans."""
    run = await spark.digest(app_id)
    base = await spark.digest(baseline) if baseline else await spark.last_good(run)
    note = f"{app_ref(run.app_id)} beside {app_ref(base.app_id)}"
    return table(note, ["area", "what", "this run", "baseline", "remark"], differences(run, base), page=2 * PAGE)


@server.tool()
@authorize_tool(policy="read")
async def find_incidents(
    spark: Spark,
    caller: Caller,
    app_id: Annotated[str, Field(max_length=200, description="Like this application.")] = "",
    signature: Signature = "",
    text: Annotated[str, Field(max_length=200)] = "",
) -> Rows:
    """Earlier root causes that engineers recorded: cause, fix, who, when."""
    return await records.find(spark, caller, app_id=app_id, signature=signature, text=text)


Cause = Annotated[str, Field(min_length=10, max_length=2000, description="What was wrong, in a sentence or two.")]
Fix = Annotated[str, Field(min_length=3, max_length=2000)]
Evidence = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=20, description="Evidence ids.")]
Thread = Annotated[str, Field(max_length=500, pattern=r"^(https://\S+)?$")]


async def _as_shown(
    spark: Spark, caller: Caller, app_id: AppId, signature: Signature, cause: Cause, fix: Fix
) -> Question:
    return await records.question(spark, caller, app_id=app_id, signature=signature, cause=cause, fix=fix)


@server.tool()
@authorize_tool(policy="record")
@requires_approval(_as_shown)
async def record_root_cause(
    spark: Spark,
    caller: Caller,
    app_id: AppId,
    signature: Signature,
    cause: Cause,
    evidence: Evidence,
    fix: Fix,
    severity: Severity,
    thread_url: Thread = "",
) -> Recorded:
    """Record the root cause that an engineer confirmed; the next failure of this kind finds it."""
    fresh = await records.made(
        spark, caller, app_id=app_id, signature=signature, cause=cause, evidence=tuple(evidence), fix=fix,
        severity=severity, thread_url=thread_url, at=int(time.time()),
    )  # fmt: skip
    return await records.record(spark, fresh)


@server.resource("spark://findings")
@authorize_tool(policy="browse")
async def findings() -> str:
    """The catalogue of findings: when each holds, where its thresholds come from, what would disprove it."""
    return as_text()


@server.resource("spark://root-causes")
@authorize_tool(policy="read")
async def root_causes() -> str:
    """Root causes as JSON lines, the last version of each, with the groups that may read it."""
    return await records.everything(the_call().principal)


@server.prompt()
@authorize_tool(policy="browse")
async def investigate_failure(app_id: str) -> str:
    """How to get from a failed application to a recorded root cause."""
    return (
        f"Find out why the Spark application {app_id} failed. Call diagnose_application first and quote its evidence. "
        "Call find_incidents with the signature. Check the line that would disprove the verdict with get_details or "
        "get_logs. Only if the cause is confirmed by a person, offer record_root_cause."
    )


@server.prompt()
@authorize_tool(policy="browse")
async def explain_slow_run(app_id: str) -> str:
    """How to find out why a run was slower than usual."""
    return (
        f"Find out why the Spark application {app_id} was slow. Call diagnose_application, then compare_runs: say "
        "first whether it had more data or was slower for the same data, then which stage, setting or plan changed."
    )
