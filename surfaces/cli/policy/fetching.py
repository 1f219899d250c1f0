"""A policy from the registry, or out of a file."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.suspend import Suspension, Suspensions
from surfaces.cli import asking
from surfaces.cli.failures import Unreachable, Unusable


class Found(BaseModel):
    """What the registry says of one version."""

    in_force: bool
    signed_by: str
    artefact: PolicyArtefact
    suspensions: tuple[Suspension, ...]

    @property
    def closed(self) -> Suspensions:
        """What of it is suspended, as the evaluator reads it."""
        return Suspensions(environment=self.artefact.environment, version=1, issued_at=0, entries=self.suspensions)


def policy(url: str, server: str, environment: str, version: int | None) -> Found:
    """One version of a server's policy; the one in force if no version is named."""
    query = {"environment": environment} | ({"version": str(version)} if version else {})
    answer = asking.get(url, f"/api/policies/{server}", query)
    try:
        return Found.model_validate_json(answer)
    except ValidationError:
        raise Unreachable(f"{url} answered with a policy that this version of seedbed can't read.") from None


def read(file: Path) -> PolicyArtefact:
    """The artefact in `file`, unsigned, as `policy show --json` prints it."""
    try:
        return PolicyArtefact.model_validate_json(file.read_bytes())
    except OSError as error:
        raise Unusable(f"{file} can't be read: {error.strerror}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Unusable(f"{file} is no policy: {where}: {first['msg']}.") from None
