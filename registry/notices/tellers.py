"""The parts that tell, put together from the settings."""

from collections.abc import Callable

from platform_core.outgoing import Outgoing, OutgoingSettings
from registry.approvals.keeping import Keeping
from registry.notices.settings import NoticeSettings
from registry.notices.watching import Watching
from registry.notices.webhook import Webhook
from registry.store.standing import Standings
from registry.suspending import Suspending


def tellers_of(
    standings: Standings, suspending: Suspending, approvals: Keeping, *, base: str, clock: Callable[[], float]
) -> tuple[Watching, Webhook]:
    """The one who looks, and the one who sends."""
    settings, database = NoticeSettings.load(), approvals.database
    watching = Watching(
        database=database, standings=standings, suspending=suspending, approvals=approvals, settings=settings,
        clock=clock,
    )  # fmt: skip
    outgoing = Outgoing(OutgoingSettings.load())
    return watching, Webhook(database=database, outgoing=outgoing, settings=settings, base=base, clock=clock)
