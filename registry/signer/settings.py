"""How the signer is set up: `SEEDBED_SIGNER_...`; where its socket and its ledger lie follows from the platform's."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from platform_core.auth.settings import PlatformSettings
from platform_core.settings import SecretStr, Settings
from registry.settings import signer_socket


class SignerSettings(Settings, part="signer"):
    """What only the signer needs to know."""

    key: SecretStr
    """The private Ed25519 key, as PEM. No other part may read this file."""
    key_id: str
    """The id under which its public half is pinned everywhere."""
    socket: Path | None = None
    """Where documents are brought; `signer/signer.sock` in the platform's run folder if not set."""
    ledger: Path | None = None
    """What was signed last; `signer/ledger.json` in the platform's state folder if not set."""
    longest_days: Annotated[float, Field(gt=0, le=366)] = 90
    """A policy that is to live longer is not signed."""

    def socket_in(self, platform: PlatformSettings) -> Path:
        return self.socket or signer_socket(platform)

    def ledger_in(self, platform: PlatformSettings) -> Path:
        return self.ledger or platform.state / "signer" / "ledger.json"
