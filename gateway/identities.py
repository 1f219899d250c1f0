"""The gateway's own mesh identity as files that Envoy watches: certificate and key, and whom the mesh believes."""

import base64
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_pem_x509_certificates

from gateway.compile.terms import TYPE, Json
from platform_core.mesh.follow import SvidFollower
from platform_core.mesh.svid import Svid, spiffe_id_of

SVID_SECRET, TRUST_SECRET = "svid", "trust"
"""Names of the two secrets, for whoever refers to them."""
SVID_FILE, TRUST_FILE = "sds-svid.json", "sds-trust.json"
"""Files of the folder that hold them: what a listener's `sds_config` names as `path_config_source`."""
SVIDS, CURRENT, BUNDLES, MAP = "svids", "current", "bundles", "map.json"
_TLS = f"{TYPE}envoy.extensions.transport_sockets.tls.v3."

KEPT = 2
"""Versions of the SVID on disk: the one in use, and the one before, which Envoy may be reading."""


class Identities:
    """Follows the Workload API as `spiffe://{trust_domain}/gateway` and writes `folder`, for this account alone.

    Envoy shows the new certificate on new connections and keeps the open ones. When the agent is gone, the last files
    stay, also over a restart.
    """

    def __init__(self, *, socket: Path, folder: Path, trust_domain: str) -> None:
        self._folder, self._trust_domain = folder, trust_domain
        self._follower = SvidFollower(socket=socket, spiffe_id=f"spiffe://{trust_domain}/gateway")
        self._follower.on_change(self._put)
        for each in (folder, folder / SVIDS, folder / BUNDLES):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
            each.chmod(0o700)
        _replace(folder / SVID_FILE, {"resources": [_svid_secret(folder / SVIDS)]})
        _replace(folder / TRUST_FILE, {"resources": [_trust_secret(folder / BUNDLES)]})

    @property
    def ready(self) -> bool:
        """The files hold an identity of ours; before, a listener that needs it can't be opened."""
        try:
            (kept, *_) = load_pem_x509_certificates((self._folder / SVIDS / CURRENT / "svid.pem").read_bytes())
            ours = spiffe_id_of(kept) == self._follower.spiffe_id
        except (FileNotFoundError, ValueError):
            return False
        return ours and datetime.now(UTC) < kept.not_valid_after_utc and (self._folder / BUNDLES / MAP).exists()

    async def wait_ready(self) -> None:
        """Return when Envoy can be given a listener that shows the identity."""
        if not self.ready:
            await self._follower.wait_ready()

    async def run(self) -> None:
        """Follow for ever."""
        await self._follower.run()

    def _put(self, svid: Svid) -> None:
        """Whom to believe comes first: the others may already have certificates of a new authority."""
        bundle = {"keys": [_jwk(authority) for authority in svid.authorities]}
        _replace(self._folder / BUNDLES / MAP, {"trust_domains": {self._trust_domain: bundle}})
        self._turn(svid)

    def _turn(self, svid: Svid) -> None:
        """Certificate and key change in one step: a fresh folder, and one link replaced by rename."""
        folder = self._folder / SVIDS
        fresh = folder / f"{svid.chain[0].serial_number:x}"
        fresh.mkdir(exist_ok=True, mode=0o700)
        _write(fresh / "svid.pem", svid.certificate)
        _write(fresh / "key.pem", svid.key)
        link = folder / ".current.new"
        link.unlink(missing_ok=True)
        link.symlink_to(fresh.name)
        os.replace(link, folder / CURRENT)
        _forget(folder)


def _svid_secret(folder: Path) -> Json:
    files = {"certificate_chain": "svid.pem", "private_key": "key.pem"}
    named = {name: {"filename": str(folder / CURRENT / file)} for name, file in files.items()}
    return _secret(SVID_SECRET, tls_certificate=named | {"watched_directory": {"path": str(folder)}})


def _trust_secret(folder: Path) -> Json:
    # Of all ways to name a bundle, this one alone lets go of an authority when the file changes.
    bundles = {"filename": str(folder / MAP), "watched_directory": {"path": str(folder)}}
    config = {"@type": f"{_TLS}SPIFFECertValidatorConfig", "trust_bundles": bundles}
    validator = {"name": "envoy.tls.cert_validator.spiffe", "typed_config": config}
    return _secret(TRUST_SECRET, validation_context={"custom_validator_config": validator})


def _secret(name: str, **kind: Json) -> Json:
    return {"@type": f"{_TLS}Secret", "name": name, **kind}


def _jwk(authority: Certificate) -> Json:
    """One key of a SPIFFE bundle, as much of it as Envoy reads."""
    kind = "EC" if isinstance(authority.public_key(), EllipticCurvePublicKey) else "RSA"
    der = base64.b64encode(authority.public_bytes(Encoding.DER)).decode()
    return {"kty": kind, "use": "x509-svid", "x5c": [der]}


def _replace(path: Path, content: Json) -> None:
    _write(path, json.dumps(content).encode())


def _write(path: Path, content: bytes) -> None:
    """Replace `path` in one step, for this account alone; Envoy wakes on the rename."""
    fresh = path.with_name(f".{path.name}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def _forget(folder: Path) -> None:
    """Remove the versions that nobody reads any more."""
    versions = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    for old in sorted(versions, key=lambda path: path.stat().st_mtime_ns)[:-KEPT]:
        shutil.rmtree(old)
