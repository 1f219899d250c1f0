"""People and clients of every kind before the garden's gate."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from mcp.types import ElicitRequestFormParams, ElicitRequestURLParams, ElicitResult

from platform_core.auth.principal import Principal
from platform_core.testing import PEOPLE

MUCH = {"bed": "roses", "litres": 250}
PULL = {"bed": "roses", "plants": 3}

Params = ElicitRequestFormParams | ElicitRequestURLParams
Answering = Callable[[Params], Awaitable[ElicitResult]]


@dataclass
class Asked:
    """A client that can be asked; it remembers the questions and gives one answer to all."""

    answer: ElicitResult
    questions: list[Params] = field(default_factory=list[Params])

    async def __call__(self, context: Any, params: Params) -> ElicitResult:
        self.questions.append(params)
        return self.answer

    @property
    def words(self) -> str:
        """What the last question said."""
        return self.questions[-1].message


def says(action: str, **content: Any) -> Asked:
    """A client whose person answers like this; without content where none is given."""
    return Asked(ElicitResult.model_validate({"action": action, "content": content or None}))


def says_yes() -> Asked:
    return says("accept", approve=True)


def from_chat(login: str = "ana", surface: str = "web-chat", *, environment: str = "dev") -> Principal:
    """A person who calls from a surface of ours, which its SPIFFE identity proves."""
    workload = f"spiffe://seedbed.internal/{environment}/{surface}"
    return replace(PEOPLE[login].calling_from(surface, client=f"seedbed-{surface}-dev"), workload=workload)
