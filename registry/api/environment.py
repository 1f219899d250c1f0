"""Which environment a request asks about: production, unless it says otherwise."""

from typing import Annotated

from fastapi import Depends, Query

from platform_core.policy.artefact import Environment
from registry.parts import PartsHere


async def _asked(parts: PartsHere, environment: Annotated[Environment, Query()] = "production") -> Environment:
    parts.base_of(environment)
    return environment


InEnvironment = Annotated[Environment, Depends(_asked)]
"""An environment that there is here; the caller is judged as who and where they are, whichever they ask about."""
