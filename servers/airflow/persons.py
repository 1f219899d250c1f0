"""Who the person is to Airflow: their role, and the DAGs that are theirs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from platform_core import Denied
from servers.airflow.settings import AirflowSettings, Role

_HEIGHT: Mapping[Role, int] = {"viewer": 0, "user": 1, "op": 2, "admin": 3}
_EVERYBODY = "*"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whoever calls, in Airflow's words."""

    login: str
    groups: frozenset[str]
    settings: AirflowSettings

    @property
    def role(self) -> Role:
        """The highest role of the person's groups."""
        theirs: list[Role] = [role for group, role in self.settings.roles.items() if group in self.groups]
        return max([self.settings.role, *theirs], key=_HEIGHT.__getitem__)

    @property
    def view(self) -> str:
        """People of one view have the same list of DAGs at Airflow."""
        return f"person {self.login}" if self.settings.exchange_url else f"role {self.role}"

    @property
    def sees_all(self) -> bool:
        """Whether nothing is hidden, so that Airflow's own counts may be told."""
        return any("*" in self.settings.reads.get(group, ()) for group in self.groups | {_EVERYBODY})

    def may_see(self, dag_id: str) -> bool:
        """Whether the operator lets the person see the DAG; Airflow's own answer comes after this one."""
        return self._matches(self.settings.reads, dag_id)

    def may_change(self, dag_id: str, owners: Iterable[str]) -> bool:
        """Whether the DAG is one that the person's group owns, or that the operator names for it."""
        return self.may_see(dag_id) and (
            not self.groups.isdisjoint(owners) or self._matches(self.settings.changes, dag_id)
        )

    def must_change(self, dag_id: str, owners: Iterable[str]) -> None:
        """Return if the person may change the DAG, else say who may."""
        owners = sorted(owners)
        if not self.may_change(dag_id, owners):
            raise Denied(
                f"{dag_id} belongs to {', '.join(owners) or 'nobody'}, and you are in none of these groups. "
                "Ask them to rerun it, or the owner of this server for the right to."
            )

    def _matches(self, rights: Mapping[str, tuple[str, ...]], dag_id: str) -> bool:
        groups = self.groups | {_EVERYBODY}
        return any(fnmatchcase(dag_id, pattern) for group in groups for pattern in rights.get(group, ()))
