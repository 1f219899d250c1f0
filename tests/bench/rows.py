"""The table of the bench: one row a measurement, on the screen and in build/bench.json."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`ratio` = ours / baseline; the bar is met when ratio <= bar. `bar` is None for a mere reading."""

    part: str
    work: str
    ours: float
    baseline: float | None = None
    unit: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    bar: float | None = None

    @property
    def met(self) -> bool:
        return self.bar is None or (self.ratio is not None and self.ratio <= self.bar)


def show(rows: list[Row]) -> None:
    """Print the table."""
    for row in rows:
        against = f"{row.baseline:10.1f}" if row.baseline is not None else " " * 10
        spread = f" [{row.low:.2f}-{row.high:.2f}]" if row.low is not None and row.high is not None else ""
        ratio = f"{row.ratio:6.2f}{spread}" if row.ratio is not None else ""
        bar = f"bar {row.bar:.2f} {'met' if row.met else 'NOT MET'}" if row.bar is not None else ""
        print(f"{row.part:9} {row.work:62} {row.ours:10.1f} {against} {row.unit:12} {ratio:20} {bar}")


def write(rows: list[Row], file: Path) -> None:
    """Write the rows as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
