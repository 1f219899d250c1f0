"""What servers say of themselves, asked in processes of their own."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, TypeAdapter

from deploy.local.stack.parts import module
from deploy.local.stack.servers import Served
from platform_core.errors import WiringError
from platform_core.registration.contract import Registration


class Answer(BaseModel):
    """What `MODULE --describe` printed, to which stream, and its exit status."""

    code: int
    out: str
    err: str


ANSWERS = TypeAdapter(list[Answer])


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A server, and what it says of itself."""

    served: Served
    registration: Registration


def described(servers: Sequence[Served]) -> list[Told]:
    """Ask each. Raises `WiringError` where one can't say, or says that it is another."""
    asked = subprocess.run(  # noqa: S603  # our own modules, no shell
        [*module("deploy.local.stack.answering"), *(each.module for each in servers)],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 0:
        raise WiringError(f"no server can describe itself:\n{asked.stderr.strip()[-2000:]}")
    answers = ANSWERS.validate_json(asked.stdout)
    return [_told(each, answer) for each, answer in zip(servers, answers, strict=True)]


def _told(served: Served, answer: Answer) -> Told:
    if answer.code != 0:
        raise WiringError(f"{served.name} can't describe itself:\n{answer.err.strip()[-2000:]}")
    told = Registration.model_validate_json(answer.out)
    if told.manifest.name != served.name:
        raise WiringError(f"{served.module} says that it is {told.manifest.name}, and it was to be {served.name}")
    return Told(served=served, registration=told)
