"""The one state of a server, in a word with a shape."""

from dataclasses import dataclass

from registry.store.standing import Standing


@dataclass(frozen=True)
class Said:
    """A word for people and the shape that repeats it."""

    shape: str
    word: str


_HEALTH = {
    "healthy": Said("ok", "Healthy"),
    "degraded": Said("warn", "Degraded"),
    "down": Said("bad", "Down"),
    "unknown": Said("none", "Unknown"),
}

LIVE = Said("ok", "Live")
EXPERIMENT = Said("none", "Experiment")


def health(standing: Standing) -> Said:
    """How it is."""
    return _HEALTH[standing.health.state]


def life(standing: Standing, *, now: float) -> Said:
    """Whether it may be called at all; only what is approved for production is ever called live.

    A deprecated server is live until its day; that it is deprecated stands beside it.
    """
    artefact = standing.artefact
    if standing.withdrawn:
        return Said("no", "Taken down")
    if standing.suspended is not None:
        return Said("bad", "Suspended")
    if artefact is None:
        return Said("half", "Waits for its policy")
    if artefact.contract_digest != standing.contract_digest:
        return Said("warn", "Changed, waits for review")
    if standing.environment == "dev":
        return Said("bad", "Experiment ended") if now >= artefact.not_after else EXPERIMENT
    return Said("bad", "Policy expired") if now >= artefact.not_after else LIVE
