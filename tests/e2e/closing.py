"""Closing at once: what is suspended in one environment, told to the registry or laid down in the folder beside it."""

import time
from dataclasses import dataclass
from typing import Any

from deploy.local.stack.governing import office
from deploy.local.stack.home import Home
from deploy.local.stack.keys import EMERGENCY
from platform_core.auth.clients import Environment
from platform_core.policy.kept import keep
from platform_core.policy.keys import read_pinned_keys
from platform_core.policy.sign import SignedArtefact, sign, verify_suspensions
from platform_core.policy.suspend import Suspension, Suspensions
from tests.e2e.governing import stolen


@dataclass(frozen=True, kw_only=True)
class Closing:
    """The list of one environment."""

    home: Home
    environment: Environment = "production"

    @property
    def current(self) -> Suspensions:
        """The list that lies in the folder, where the registry keeps it too; empty where there is none."""
        file = self.home.suspensions / f"{self.environment}.json"
        if not file.exists():
            return self._list(0, ())
        signed = SignedArtefact.model_validate_json(file.read_bytes())
        return verify_suspensions(signed, read_pinned_keys(self.home.keys.pinned))

    def offline(self, **what: Any) -> None:
        """Close one thing more as `seedbed suspend --offline` does: the registry is asked nothing."""
        self.lay_down(self.with_one_more(**what), key=EMERGENCY)

    def with_one_more(self, **what: Any) -> Suspensions:
        """The next version of the list, with one thing more."""
        entry = Suspension(reason="an exercise", by="olu", at=int(time.time()), **what)
        return self._list(self.current.version, (*self.current.entries, entry))

    def lay_down(self, suspensions: Suspensions, *, key: str) -> None:
        """Sign a list by a key of this stack and put it where everybody looks."""
        signed = sign(suspensions, key=key, private=stolen(self.home, key))
        keep(self.home.suspensions / f"{self.environment}.json", signed.model_dump_json())

    def open_everything(self) -> None:
        """As an operator does at the end: the signer signs an empty list."""
        with office(self.home) as desk:
            signed = desk.sign(self._list(self.current.version, ()))
        keep(self.home.suspensions / f"{self.environment}.json", signed.model_dump_json())

    def _list(self, above: int, entries: tuple[Suspension, ...]) -> Suspensions:
        now = int(time.time())
        return Suspensions(environment=self.environment, version=max(above + 1, now), issued_at=now, entries=entries)
