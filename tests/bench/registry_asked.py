"""What a registry is asked when it is measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex

from tests.bench.shelves import TEAMS, UNITS, WORDS
from tests.registry.issuer import Issuer

PEOPLE = 100
FRESH = 1_500
"""More tokens than half a second needs."""


@dataclass(frozen=True)
class Growing:
    """What might cost more with more records, and a word of every answer: an empty one would be cheap."""

    what: str
    sent: Sequence[bytes]
    expect: bytes
    inside: bool = False
    """Asked at the platform's own door."""


class Asked:
    """Requests byte for byte, of a hundred people who differ, and of one who may use everything."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        people = self._people()
        everything = self._token(business_groups=[f"unit-{n}" for n in range(UNITS)])
        listing = "/v0.1/servers?limit=50&version=latest"
        self.preflight = _preflights(people)
        self.latency = {
            "catalogue": [_get("/api/catalog", person) for person in people],
            "catalogue of one who may use all 10,000 tools": [_get("/api/catalog", everything)],
            "search as IDEs do": [
                _get(f"{listing}&search={word}") for word in (*WORDS, "region+77", "server-09", "nothing")
            ],
            "list as IDEs do": [_get(listing)],
        }
        self.growing = [
            Growing("catalogue", self.latency["catalogue"], b"server-"),
            Growing("pre-flight", self.preflight, b"allow"),
            Growing("search as IDEs do", self.latency["search as IDEs do"], b"servers"),
            Growing("the newest records", [_get("/api/invocations?limit=20")], b'"rec-', inside=True),
            Growing("records of a trace", [_get(f"/api/invocations?trace={77:032x}")], b'"rec-', inside=True),
            Growing("metrics", [_get("/metrics")], b"seedbed_registry_calls", inside=True),
        ]

    def fresh(self) -> list[bytes]:
        """As many questions as one round takes, each by a token that nobody showed before."""
        return [question for _ in range(FRESH // PEOPLE) for question in _preflights(self._people())]

    def _people(self) -> list[str]:
        return [self._person(number) for number in range(PEOPLE)]

    def _person(self, number: int) -> str:
        units = [f"unit-{number % UNITS}", f"guild-{number}"]
        return self._token(business_groups=units, groups=[f"team-{number % TEAMS}", f"floor-{number}", "all"])

    def _token(self, **changed: object) -> str:
        return self._issuer.token("ana", jti=token_hex(8), roles=[], employment="employee", **changed)


def _preflights(people: Sequence[str]) -> list[bytes]:
    asked = (f"/api/preflight?server=server-{n:04}&tool=find_{WORDS[n % 8]}" for n in range(len(people)))
    return [_get(path, person) for path, person in zip(asked, people, strict=True)]


def _get(path: str, token: str = "") -> bytes:
    proof = f"authorization: Bearer {token}\r\nx-forwarded-user: ana\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nhost: registry\r\n{proof}\r\n".encode()
