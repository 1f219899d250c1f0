"""The work of a worker process: read one attempt's event log and hand back its digest, packed."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from tempfile import TemporaryDirectory

from servers.spark.digest import Digest, Header, packed
from servers.spark.eventlog.lines import Reading, lines
from servers.spark.eventlog.reader import Reader
from servers.spark.sources.attempts import Attempt
from servers.spark.sources.folder import Folder

ID = re.compile(r"[A-Za-z0-9][\w-]{0,127}", re.ASCII)
REST = ("http://", "https://")
HEAD_BYTES = 1 << 20
"""Of a log in which its start must be found; the long environment comes before it."""


class Unreadable(Exception):
    """A log out of which nothing came; the text is a whole sentence for the person who asked."""


def packed_digest(url: str, attempt: Attempt, most_bytes: int) -> bytes:
    """Read the attempt and return its digest as bytes, which travel between processes cheaply."""
    return packed(digest_of(url, attempt, most_bytes=most_bytes))


def digest_of(url: str, attempt: Attempt, *, most_bytes: int) -> Digest:
    """Read the attempt. Raises `Unreadable` where there is nothing to answer from."""
    if url.startswith(REST):
        return _by_rest(url, attempt, most_bytes)
    if not attempt.parts:
        raise Unreadable("Its folder holds no file of events: the log is missing, or was cleaned up.")
    if not attempt.size:
        raise Unreadable("Its log is empty: the driver has written nothing yet, or died at once.")
    reading = Reading(missing_parts=attempt.missing_parts)
    reader = Reader(reading)
    reader.read(_lines(Folder(url), attempt, reading, most_bytes))
    return _judged(reader.finished(), attempt, reading)


def _by_rest(url: str, attempt: Attempt, most_bytes: int) -> Digest:
    """By the event log that a History Server hands out, else by the API's tables."""
    from servers.spark.sources.live import live_digest  # few servers use it, and a worker is small without it
    from servers.spark.sources.rest import NotOffered, Rest

    with closing(Rest(url)) as rest, TemporaryDirectory(prefix="seedbed-spark-") as folder:
        try:
            rest.event_log(attempt, folder, most_bytes)
        except NotOffered:
            return live_digest(rest, attempt)
        [logged] = Folder(f"{folder}/log").attempts()
        return digest_of(f"{folder}/log", replace(logged, in_progress=attempt.in_progress), most_bytes=most_bytes)


def header_of(url: str, attempt: Attempt) -> Header | None:
    """What a list shows of the attempt, from the first lines of its log; None where they do not say it."""
    if attempt.header is not None:
        return attempt.header
    reading = Reading()
    reader = Reader(reading)
    for line in _lines(Folder(url), attempt, reading, HEAD_BYTES):
        reader.read((line,))
        if line.startswith(b'{"Event":"SparkListenerApplicationStart"'):
            digest = reader.digest
            return Header(
                app_id=digest.app_id, name=digest.name, user=digest.user, attempt=digest.attempt, started=digest.started
            )
    return None


def _lines(folder: Folder, attempt: Attempt, reading: Reading, most_bytes: int) -> Iterator[bytes]:
    for part in attempt.parts:
        if reading.capped:
            return
        try:
            with folder.open(part.name) as file:
                yield from lines(file, part.name, reading, most_bytes=most_bytes)
        except FileNotFoundError:
            reading.missing_parts += 1
        except PermissionError as error:
            raise Unreadable(
                "Its log may not be read by this server: Spark writes logs for their own group alone, or the file "
                "leads out of the folder of logs. The owner of the logs can mend it."
            ) from error


def _judged(digest: Digest, attempt: Attempt, reading: Reading) -> Digest:
    """The digest with what was not available in words."""
    known = digest.started or digest.jobs or digest.stages
    if not known and reading.cut:
        raise Unreadable(f"Nothing could be unpacked from its log: {reading.cut}. It is damaged, or not a log.")
    if not known:
        raise Unreadable("Its log holds no event of Spark's: it is another kind of file.")
    # What a log calls itself goes into answers as it is: where it is no id, the name of its file stands for it.
    digest.app_id = digest.app_id if ID.fullmatch(digest.app_id) else attempt.app_id
    digest.attempt = digest.attempt if ID.fullmatch(digest.attempt) else attempt.attempt
    digest.in_progress = attempt.in_progress
    digest.notes = list(_notes(digest, reading))
    return digest


def _notes(digest: Digest, reading: Reading) -> Iterator[str]:
    if reading.cut and not digest.in_progress:
        yield f"the log is cut off: {reading.cut}"
    if reading.capped:
        yield f"reading stopped at the byte cap ({reading.bytes >> 20} MiB unpacked); what came later is not known"
    if reading.too_long:
        yield f"{reading.too_long} lines longer than a line may be were passed over"
    if reading.undecodable:
        yield f"{reading.undecodable} lines could not be decoded"
    if reading.foreign:
        yield f"{reading.foreign} events of another vendor were passed over"
    if reading.missing_parts:
        yield f"{reading.missing_parts} rolled files are missing"
    if not digest.properties:
        yield "no environment in the log: settings are not known"
    for name, count in digest.left_out.items():
        yield f"{count} {name} beyond what is kept"
