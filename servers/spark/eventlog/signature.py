"""What makes two failures the same: the exception at the bottom, the first frame of the job's own code, ids masked."""

import hashlib
import re
from dataclasses import dataclass

from servers.spark.eventlog.events import EndReason

MOST_TRACE = 4_000
MOST_MESSAGE = 400
_PYTHON_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')
_JVM_FRAME = re.compile(r"^\s*at ([\w.$/<>]+)\(([^)]*)\)", re.MULTILINE)
_CAUSE = re.compile(r"^Caused by: ([\w.$]+(?:Exception|Error|Failure)?)(?::\s*(.*))?$", re.MULTILINE)
_PYTHON_ERROR = re.compile(r"^((?:[a-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Exit|Interrupt)): ?(.*)$", re.MULTILINE)
_PYTHON_TRACE = re.compile(r"Traceback \(most recent call last\):")
_LIBRARY_FILE = re.compile(r"site-packages|dist-packages|/pyspark/|pyspark\.zip|/lib/python|<frozen|<string>")
_LIBRARY_CLASS = re.compile(
    r"(?:\w+\.\w+/|app//)?(?:java|javax|jdk|sun|scala|py4j|com\.sun|org\.apache\.(?:spark|hadoop))\b"
)
_MASKS = (
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b(?:application|app|attempt|container|job|task|local)[_-][\d_-]+\d"), "<id>"),
    (re.compile(r"\b0x[0-9a-f]+\b|@[0-9a-f]{5,}\b"), "<address>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<host>"),
    (re.compile(r"(?:[a-z0-9+]+://|/)[^\s'\",;()]+"), "<path>"),
    (re.compile(r"'[^']{0,200}'|\"[^\"]{0,200}\"|`[^`]{0,200}`"), "<value>"),
    (re.compile(r"\d+"), "#"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The bottom of one failure."""

    exception: str
    message: str
    frame: str
    trace: str

    def signature(self, reason: str) -> str:
        """Twelve hex digits that stay the same from run to run."""
        # Memory runs out wherever the next allocation happens to be: that frame says nothing.
        frame = "" if self.exception.endswith("OutOfMemoryError") else masked_frame(self.frame)
        known_by = self.exception or masked(self.message)
        return hashlib.sha256("\n".join((reason, known_by, frame)).encode()).hexdigest()[:12]


def masked(text: str) -> str:
    """`text` without what differs from one occurrence to the next."""
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return " ".join(text.split())[:MOST_MESSAGE]


def masked_frame(frame: str) -> str:
    """A frame without its folder and without the numbers that compilers make up."""
    return re.sub(r"\$+\d+|0x[0-9a-f]+", "", frame.rpartition("/")[2])


def cause_of(end: EndReason) -> Cause:
    """The bottom of why a task ended."""
    if end.kill is not None:
        why = end.kill.partition(": ")[0].partition("\n")[0][:MOST_MESSAGE]
        return Cause(exception="", message=why, frame="", trace=end.kill[:MOST_TRACE])
    text = end.trace or end.message or end.description or end.loss or end.kill or ""
    if end.trace is None and end.frames:
        text = "\n".join([text, *(f"\tat {f.type}.{f.method}({f.file}:{f.line})" for f in end.frames)])
    return cause_in(text, exception=end.exception or "", message=end.description or text)


def cause_in(text: str, *, exception: str = "", message: str = "") -> Cause:
    """The bottom of a stack trace of the JVM, of Python, or of Python inside the JVM."""
    if _PYTHON_TRACE.search(text) and (errors := _PYTHON_ERROR.findall(text)):
        exception, message = errors[-1] if exception.startswith("org.apache.spark.api.python") or not exception else (
            exception, message)  # fmt: skip
        return Cause(exception=exception, message=_first(message), frame=_python_frame(text), trace=text[:MOST_TRACE])
    if causes := _CAUSE.findall(text):
        exception, message = causes[-1][0], causes[-1][1] or message
    bottom = text[text.rfind("Caused by: ") :] if causes else text
    return Cause(exception=exception, message=_first(message), frame=_jvm_frame(bottom, text), trace=text[:MOST_TRACE])


def _first(message: str) -> str:
    return message.strip().partition("\n")[0][:MOST_MESSAGE]


def _python_frame(text: str) -> str:
    frames = _PYTHON_FRAME.findall(text)
    own = [frame for frame in frames if not _LIBRARY_FILE.search(frame[0])] or frames
    return "{}:{} {}".format(*own[-1]) if own else ""


def _jvm_frame(bottom: str, text: str) -> str:
    frames = [*_JVM_FRAME.findall(bottom), *_JVM_FRAME.findall(text)]
    own = [frame for frame in frames if not _LIBRARY_CLASS.match(frame[0])] or frames
    return f"{own[0][0].rpartition('/')[2]}({own[0][1]})" if own else ""
