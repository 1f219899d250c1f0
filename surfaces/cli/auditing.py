"""`seedbed audit verify`: is the audit log the one that was written?"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surfaces.cli import places
from surfaces.cli.failures import Failed, Unusable
from surfaces.cli.options import Url

if TYPE_CHECKING:
    from platform_core.audit import Chain, Line

app = typer.Typer(help="For auditors: the log of what opened, closed or was looked at.", no_args_is_help=True)


class Broken(Failed):
    """The log is not the one that was written."""


@app.callback()
def _group() -> None:
    """So that `verify` is named even while it is the only one."""


@app.command(name="verify")
def check(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="An export; else the registry is read.")] = None,
    save: Annotated[Path | None, typer.Option(help="Keep what was read as an export.")] = None,
    expect: Annotated[
        str | None,
        typer.Option(metavar="NUMBER:DIGEST", help="A head that was printed before, to be there still."),
    ] = None,
    url: Url = None,
) -> None:
    """Read the whole log and name the first line that was deleted, changed or swapped."""
    from platform_core.audit import verify

    texts = _of_registry(places.base_url(url)) if file is None else _of_file(file)
    wanted = _head(expect) if expect else None
    met: list[bool] = []
    chain = verify(_told(_saved(texts, save) if save else texts, wanted, met))
    if chain.fault is not None:
        raise Broken(f"The audit log is not as it was written. First bad {chain.fault}.")
    if wanted and not met:
        raise Broken(f"Line {wanted[0]} is not the one that was printed before: the log's end was cut or written anew.")
    _say(chain)


def _say(chain: "Chain") -> None:
    print(f"Whole: {chain.number:,} lines, each bound to the one before.")
    print(f"Head   {chain.number}:{chain.head}   keep it elsewhere; --expect proves later that no end was cut off")


def _told(texts: Iterable[str], wanted: tuple[int, str] | None, met: list[bool]) -> "Iterator[Line]":
    from pydantic import ValidationError

    from platform_core.audit import Line

    for number, text in enumerate(texts, 1):
        try:
            line = Line.model_validate_json(text)
        except ValidationError:
            raise Broken(f"The audit log is not as it was written. First bad line {number}: unreadable.") from None
        if (line.number, line.digest) == wanted:
            met.append(True)
        yield line


def _of_registry(url: str) -> Iterator[str]:
    from surfaces.cli import asking

    yield from asking.get(url, "/api/audit/export").decode().splitlines()


def _of_file(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8") as lines:
            yield from (line for line in lines if line.strip())
    except OSError as error:
        raise Unusable(f"{file} can't be read: {error.strerror}.") from None


def _saved(texts: Iterable[str], file: Path) -> Iterator[str]:
    try:
        with file.open("w", encoding="utf-8") as kept:
            for text in texts:
                kept.write(f"{text.rstrip()}\n")
                yield text
    except OSError as error:
        raise Unusable(f"{file} can't be written: {error.strerror}.") from None


def _head(expected: str) -> tuple[int, str]:
    number, _, digest = expected.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise Unusable(f"{expected!r} is no head: NUMBER:DIGEST, as `seedbed audit verify` prints it.")
    return int(number), digest
