"""One stage: what its tasks came to, how they differ, which of them stands out."""

from collections.abc import Iterator

from platform_core.errors import NotFound
from servers.spark.digest import Digest, Stage
from servers.spark.findings.finding import amount, span
from servers.spark.views.shape import Row, View, after, words

COLUMNS = ("what", "value or least", "q25", "median", "q75", "q95", "most")


def stage(digest: Digest, id: str) -> View:
    """The stage that `id` names: `2.1`, or `2` for its last attempt."""
    named = [one for one in digest.stages if id in (f"{one.id}.{one.attempt}", str(one.id))]
    if not named:
        known = ", ".join(f"{one.id}.{one.attempt}" for one in digest.stages[:20]) or "none"
        raise NotFound(f"There is no stage {id or '(none named)'} in this attempt; there are: {known}.")
    rows = [*_facts(named[-1]), *_open(digest, named[-1]), *_spreads(named[-1])]
    return View(note=f"Stage {named[-1].id}.{named[-1].attempt}", columns=COLUMNS, rows=rows)


def _facts(one: Stage) -> Iterator[Row]:
    yield ["tasks", f"{one.ok} ok, {one.failed} failed, {one.killed} killed of {one.tasks}"]
    yield ["task time", f"{span(one.duration_sum)}: run {span(one.run)}, cpu {span(one.cpu / 1e6)}, gc {span(one.gc)}"]
    yield ["fetch wait", span(one.fetch_wait)]
    yield ["peak memory", amount(one.peak_memory)]
    yield ["input", f"{amount(one.input)}, {one.input_records} records"]
    yield ["shuffle read", f"{amount(one.shuffle_read)}, {one.shuffle_records} records"]
    yield ["shuffle written", amount(one.shuffle_written)]
    yield ["output", f"{amount(one.output)}, {one.output_records} records"]
    yield ["spill", f"{amount(one.memory_spilled)} memory, {amount(one.disk_spilled)} disk"]
    yield ["parents", words(one.parents)]
    yield ["name", one.name]
    if one.failure:
        yield ["failure", one.failure]
    if slow := one.slowest:
        where = f"task:{slow.id} index {slow.index} executor {slow.executor}"
        yield ["slowest, warm", f"{where}: {span(slow.duration)}, {amount(slow.bytes)}"]


def _open(digest: Digest, one: Stage) -> Iterator[Row]:
    """Tasks that started and have no end: running, hung, or lost with the log."""
    for task in one.running[:10]:
        copy = ", a speculative copy" if task.speculative else ""
        started = after(digest, task.launched)
        yield ["not ended", f"task:{task.id} index {task.index} executor {task.executor} started {started}{copy}"]


def _spreads(one: Stage) -> Iterator[Row]:
    for name, spread, form in (("duration", one.durations, span), ("bytes read", one.sizes, amount)):
        values = (spread.least, spread.q25, spread.median, spread.q75, spread.q95, spread.most)
        yield [name, *map(form, values)]
