"""Which servers run where: live ones in `production` only, experiments in `dev` only."""

import json
from dataclasses import dataclass
from importlib.metadata import distributions

from deploy.local.stack import ready
from deploy.local.stack.home import Home, LocalSettings
from deploy.local.stack.known import SERVERS
from deploy.local.stack.parts import Part, module, shared_settings
from platform_core.auth.clients import Environment

PREFIX = "seedbed-server-"
AIRFLOW_RIGHTS = {
    "SEEDBED_AIRFLOW_ROLE": "user",
    "SEEDBED_AIRFLOW_CHANGES": json.dumps(
        {"platform": ["*"], "data-engineering": ["healthy_*", "flaky_*", "mapped_*"]}
    ),
}
"""Who may do what in the Airflow of this machine, beside the owners of each DAG."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One server in one environment."""

    name: str
    module: str
    environment: Environment

    @property
    def live(self) -> bool:
        """It was reviewed; else it is an experiment."""
        return self.environment == "production"

    @property
    def part_name(self) -> str:
        return self.name if self.live else f"{self.name}.{self.environment}"

    def part(self, home: Home) -> Part:
        """Its process."""
        return Part(
            name=self.part_name,
            says=f"server {self.name}" if self.live else f"experiment {self.name}",
            command=module(self.module),
            settings=shared_settings(home, self.environment) | backend(home, self.name),
            ready=lambda: ready.unix(home.server_socket(self.environment, self.name), "/health/ready"),
            doing=lambda: ready.reading(home.state / self.environment / self.name / "index" / "progress.json"),
        )


def backend(home: Home, server: str) -> dict[str, str]:
    """Where the server finds what it asks on this machine."""
    match server:
        case "presto":
            return {"SEEDBED_PRESTO_ENGINE_URL": home.engine}
        case "airflow" if LocalSettings.load().airflow:
            return AIRFLOW_RIGHTS | {
                "SEEDBED_AIRFLOW_URL": home.airflow,
                "SEEDBED_AIRFLOW_SECRET_FILE": str(home.airflow_secret),
            }
        case "knowledge":
            return {
                "SEEDBED_KNOWLEDGE_MESH": home.mesh("production"),
                "SEEDBED_KNOWLEDGE_WORKLOAD_SOCKET": str(home.workload_socket),
            }
        case _:
            return {}


def served() -> list[Served]:
    """Every server that this stack has: an installed one that the reviewers do not know is an experiment too."""
    installed = installed_servers()
    live = {name: code for name, code in installed.items() if name in SERVERS}
    experiments = {name: code for name, code in installed.items() if name not in SERVERS}
    experiments |= LocalSettings.load().experiments
    return [
        *(Served(name=name, module=code, environment="production") for name, code in live.items()),
        *(Served(name=name, module=code, environment="dev") for name, code in sorted(experiments.items())),
    ]


def installed_servers() -> dict[str, str]:
    """Every installed server: its name and the module that runs it, from the distributions' own metadata."""
    found: dict[str, str] = {}
    for distribution in distributions():
        name = distribution.metadata["Name"] or ""
        for entry in distribution.entry_points.select(group="console_scripts"):
            if name.startswith(PREFIX) and entry.name == name:
                found[name.removeprefix(PREFIX)] = entry.module.removesuffix(".__main__")
    return dict(sorted(found.items()))
