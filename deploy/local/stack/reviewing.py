"""How servers go live here: handed in and decided by the made-up company's people, by the API that everybody uses."""

import time
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from deploy.local.stack.describing import Told
from deploy.local.stack.known import SERVERS
from deploy.local.stack.persons import Persons
from platform_core.errors import WiringError

SUBMITTER = "olu"
"""Looks after the platform, so he hands in for every team."""
REVIEWERS: Mapping[str, str] = MappingProxyType({"security": "sam", "legal": "lea", "genai": "gia"})
PATIENCE = 30.0
Tell = Callable[[str], None]


def bring_live(people: Persons, servers: Iterable[Told], tell: Tell) -> None:
    """Hand every server in, and have decided what is open. What is in force already asks nobody."""
    for each in servers:
        body = {
            "registration": each.registration.model_dump(mode="json", by_alias=True),
            "answers": SERVERS[each.served.name].answers,
        }
        review = people.tell(SUBMITTER, "/api/reviews/submissions", body)
        said = _decided(people, review) if review["state"] != "live" else "nothing new to review"
        review = _live(people, review)
        tell(f"{each.served.name}: policy version {review['policy_version']}, {said}")


def _decided(people: Persons, review: Mapping[str, Any]) -> str:
    """Every open ticket is granted by whom it belongs to; returns who gave what."""
    known = SERVERS[review["server"]]
    for ticket in review["tickets"]:
        kind = ticket["kind"]
        if ticket["state"] == "open":
            narrowing = known.narrowings.get(kind, {})
            yes = {"decision": "grant", "contract_digest": review["contract_digest"], "narrowing": narrowing}
            people.tell(REVIEWERS[kind], f"/api/reviews/{review['id']}/{kind}", yes)
    asked = [each for each in review["tickets"] if each["state"] != "not_applicable"]
    given = ", ".join(f"{each['ticket']} by {REVIEWERS[each['kind']]}" for each in asked)
    return f"handed in by {SUBMITTER}, granted {given}"


def _live(people: Persons, review: Mapping[str, Any]) -> Mapping[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while review["state"] != "live":
        if time.monotonic() > deadline:
            raise WiringError(
                f"review {review['id']} of {review['server']} is {review['state']}; `seedbed logs registry`"
            )
        review = people.ask(SUBMITTER, f"/api/reviews/{review['id']}")
    return review
