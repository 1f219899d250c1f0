"""A person's browser before a question: signed in at the provider, on the registry's own page."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape

import httpx2

from deploy.local.identity.robot import sign_in
from tests.e2e.waiting import NO_TLS, PATIENCE

SAME = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says of a form on the page itself."""


@dataclass(frozen=True, kw_only=True)
class OpenPage:
    """The page of one approval in one person's browser."""

    url: str
    http: httpx2.Client

    @property
    def html(self) -> str:
        return self.http.get(self.url).raise_for_status().text

    @property
    def words(self) -> str:
        """The page as a screen reader would go through it."""
        html = self.html
        return unescape(" ".join(re.sub(r"<[^>]+>", " ", html[html.index("<main") :]).split()))

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.html)
        assert found is not None
        return found[1]

    def answer(self, said: str) -> str:
        """Press a button, and read what the page says then."""
        form = {"answer": said, "csrf": self.csrf}
        assert self.http.post(self.url, data=form, headers=SAME).status_code == 303
        return self.words

    def answer_all(self, batch: str, lines: Mapping[str, str]) -> str:
        """Answer every line of a batch, and read the page that follows."""
        form = {f"p-{id}": line for id, line in lines.items()} | {"answer": "chosen", "csrf": self.csrf}
        answered = self.http.post(batch, data=form, headers=SAME, follow_redirects=True).raise_for_status()
        return unescape(" ".join(re.sub(r"<[^>]+>", " ", answered.text).split()))


@contextmanager
def open_page(url: str, login: str) -> Generator[OpenPage]:
    """Follow the link as a person."""
    with httpx2.Client(timeout=PATIENCE, verify=NO_TLS, trust_env=False) as browser:
        arrived = sign_in(browser, url, login)
        assert str(arrived.url) == url
        yield OpenPage(url=url, http=browser)
