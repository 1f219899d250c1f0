"""A real OpenID provider in a process of its own: Keycloak, fetched by Maven once into the user's cache folder."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import httpx2

VERSION = "26.7.3"
REALM = Path(__file__).with_name("realm.json")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seedbed" / "keycloak"
ADMIN = "admin"
PATIENCE = 600
"""Seconds; the first start of a fresh installation takes minutes."""


class NoKeycloak(Exception):
    """It is neither in the cache nor to be had."""


@dataclass(frozen=True, kw_only=True)
class Keycloak:
    """One realm, as a program and as a browser see it."""

    base: str

    @property
    def issuer(self) -> str:
        return f"{self.base}/realms/seedbed"

    @property
    def jwks_url(self) -> str:
        return f"{self.issuer}/protocol/openid-connect/certs"

    def approve(self, link: str, login: str) -> None:
        """Open the link that a terminal shows, sign in, and say yes to whatever is asked."""
        with httpx2.Client(timeout=30, follow_redirects=True, trust_env=False) as browser:

            def as_browsers_do(_: httpx2.Response) -> None:
                """Send cookies that are marked Secure over http on loopback too."""
                for cookie in browser.cookies.jar:
                    cookie.secure = False

            browser.event_hooks["response"] = [as_browsers_do]
            page = browser.get(link)
            for _ in range(5):
                if "<form" not in page.text:
                    break
                where, fields = _filled(page, login)
                page = browser.post(where, data=fields)
        if "Device Login Successful" not in page.text:
            raise AssertionError(f"{login} could not sign in: {_words(page.text)}")


def _filled(page: httpx2.Response, login: str) -> tuple[str, dict[str, str]]:
    """Where the form of a page goes, and what a person would put in it."""
    form = re.search(r"<form[^>]*action=\"([^\"]+)\"[^>]*>(.*?)</form>", page.text, re.DOTALL)
    assert form, _words(page.text)
    inputs = [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", form[2])]
    fields = {one["name"]: unescape(one.get("value", "")) for one in inputs if "name" in one}
    if "password" in fields:
        fields |= {"username": login, "password": f"{login}-of-the-tests"}
    if "accept" in fields:
        fields.pop("cancel", None)
    return urljoin(str(page.url), unescape(form[1])), fields


def _words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.find("<body") :]).split())[:300]


@contextmanager
def running_keycloak(port: int, realm: Path = REALM, features: str = "") -> Generator[Keycloak]:
    """Start it with a realm, that of the tests unless told otherwise. Raises `NoKeycloak`."""
    home = _installed()
    with (home.parent / f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # it keeps its state beside its code
        shutil.rmtree(home / "data", ignore_errors=True)
        (home / "data" / "import").mkdir(parents=True)
        shutil.copy(realm, home / "data" / "import" / "realm.json")
        with tempfile.TemporaryFile("w+") as log:
            command = [*_command(home, port), *([f"--features={features}"] if features else [])]
            process = subprocess.Popen(command, env=_settings(), stdout=log, stderr=log, process_group=0)
            try:
                keycloak = Keycloak(base=f"http://127.0.0.1:{port}")
                _wait_for(keycloak, process, log)
                yield keycloak
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(60)


def _command(home: Path, port: int) -> list[str]:
    where = ["--http-host=127.0.0.1", f"--http-port={port}", f"--http-management-port={port + 1}"]
    return [str(home / "bin" / "kc.sh"), "start-dev", "--import-realm", *where]


def _settings() -> dict[str, str]:
    admin = {"KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN, "KC_BOOTSTRAP_ADMIN_PASSWORD": f"{ADMIN}-of-the-tests"}
    return os.environ | {"JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m"} | admin


def _wait_for(keycloak: Keycloak, process: "subprocess.Popen[bytes]", log: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx2.get(keycloak.jwks_url, timeout=5, trust_env=False).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("Keycloak did not start")


def _installed() -> Path:
    """The folder of its code, filled on first use."""
    home = CACHE / f"keycloak-{VERSION}"
    if shutil.which("java") is None:
        raise NoKeycloak("no Java")
    if not home.exists():
        _install(home)
    return home


def _install(home: Path) -> None:
    """Fill a folder beside `home` and rename it: half an installation is never found."""
    if shutil.which("mvn") is None:
        raise NoKeycloak("no Maven to fetch it")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, ignore_cleanup_errors=True) as room:
        artefact = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
        order = ["mvn", "-q", "-B", "dependency:get", f"-Dartifact={artefact}", "-Dtransitive=false"]
        done = subprocess.run(
            [*order, f"-Dmaven.repo.local={room}/m2"], capture_output=True, text=True, timeout=900, check=False
        )
        found = list(Path(room).rglob("keycloak-quarkus-dist-*.zip"))
        if done.returncode != 0 or not found:
            raise NoKeycloak("Maven could not fetch it")
        with zipfile.ZipFile(found[0]) as archive:
            archive.extractall(room)
        (Path(room) / home.name / "bin" / "kc.sh").chmod(0o755)
        if not home.exists():
            (Path(room) / home.name).rename(home)
