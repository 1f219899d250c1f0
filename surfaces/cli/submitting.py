"""`seedbed submit`: hand a server in for review, with the answers that only its owner can give."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from surfaces.cli import places, reading
from surfaces.cli.failures import Unusable
from surfaces.cli.options import Url

What = Annotated[
    str, typer.Argument(metavar="MODULE|FILE", help="The module that runs the server, or what its --describe printed.")
]
YES_NO = "; there is no default: the answer is yours."
Model = Annotated[bool, typer.Option("--model/--no-model", help=f"The server asks a model itself{YES_NO}")]
Strange = Annotated[
    bool, typer.Option("--strange-text/--no-strange-text", help=f"Its answers hold text that outsiders wrote{YES_NO}")
]
Sends = Annotated[bool, typer.Option("--sends-out/--keeps-in", help=f"A tool sends something away{YES_NO}")]
Personal = Annotated[bool, typer.Option("--personal-data/--no-personal-data", help=f"It shows data of persons{YES_NO}")]
Links = Annotated[
    list[str] | None, typer.Option("--ticket", metavar="KIND=URL", help="A ticket elsewhere; repeatable.")
]
SECONDS = 60


def submit(
    what: What,
    model: Model,
    strange_text: Strange,
    sends_out: Sends,
    personal_data: Personal,
    notes: Annotated[str, typer.Option(help="What else a reviewer should know.")] = "",
    ticket: Links = None,
    url: Url = None,
) -> None:
    """Hand a server in for review: for its owners. What was decided already asks nobody again."""
    from surfaces.cli import asking

    answers = {"model_inside": model, "strange_text": strange_text, "sends_out": sends_out} | {
        "personal_data": personal_data, "notes": notes,
    }  # fmt: skip
    body = {"registration": _described(what), "answers": answers, "links": _links(ticket or [])}
    base = places.base_url(url)
    said = reading.fields(asking.post(base, "/api/reviews/submissions", body), base)
    print("\n".join(_lines(said, base)))


def _lines(said: reading.Fields, base: str) -> list[str]:
    server, state = reading.text(said, "server", base), reading.text(said, "state", base)
    if state == "live":
        return [f"{server} is live as it is: nothing new to review."]
    lines = [f"Review {int(reading.number_or(said, 'id', 0))} of {server}: {state}"]
    for item in reading.items(said, "tickets"):
        one = reading.mapping(item, base)
        by = f" by {reading.text_or(one, 'reviewer')}" if one.get("reviewer") else ""
        lines.append(f"  {reading.text_or(one, 'ticket'):8} {reading.text_or(one, 'kind'):9} "
                     f"{reading.text_or(one, 'state').replace('_', ' ')}{by}")  # fmt: skip
    return [*lines, f"  {reading.text_or(said, 'page')}"]


def _described(what: str) -> object:
    """What the server says of itself: out of a file, or asked in a process of its own."""
    file = Path(what)
    text = file.read_text("utf-8") if file.is_file() else _asked(what)
    try:
        return json.loads(text)
    except ValueError:
        raise Unusable(f"{what} does not hold what `--describe` prints: it is no JSON.") from None


def _asked(module: str) -> str:
    if not all(part.isidentifier() for part in module.split(".")):
        raise Unusable(f"{module!r} is neither a file nor a module like servers.presto.")
    done = subprocess.run(  # noqa: S603  # the owner's own module, no shell
        [sys.executable, "-m", module, "--describe"], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    if done.returncode != 0:
        raise Unusable(f"{module} can't describe itself:\n{done.stderr.strip()[-1000:]}")
    return done.stdout


def _links(tickets: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in tickets]
    if bad := [kind for kind, _, link in pairs if kind not in ("security", "legal", "genai") or not link]:
        raise Unusable(f"--ticket takes security=URL, legal=URL or genai=URL, not {', '.join(map(repr, bad))}.")
    return {kind: link for kind, _, link in pairs}
