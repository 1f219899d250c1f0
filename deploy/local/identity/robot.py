"""A person without a browser, for tests and demos: it fills in the real pages, so nothing of a login is skipped."""

import re
from html import unescape
from urllib.parse import urljoin

import httpx2


class NotApproved(Exception):
    """The provider's page did not end with somebody signed in; the text says what it said instead."""


def approve(issuer: str, user_code: str, login: str) -> None:
    """Answer for the terminal that shows `user_code`: sign in as `login`."""
    answer = {"user_code": user_code, "person": login, "answer": "yes"}
    page = httpx2.post(f"{issuer}/device", data=answer, timeout=10)
    if page.status_code != 200:
        raise NotApproved(f"{issuer}/device: {_headline(page)}")


def sign_in(browser: httpx2.Client, start: str, login: str) -> httpx2.Response:
    """Open `start`, follow it to the login page if there is one, pick `login` there, and return the page it ends at."""
    page = browser.get(start, follow_redirects=True)
    form = re.search(r'<form class="ask" method="post" action="(/authorize[^"]*)"', page.text)
    if form is None:
        return page
    here = urljoin(str(page.url), unescape(form[1]))
    page = browser.post(here, data={"person": login, "answer": "yes"}, follow_redirects=True)
    if page.url.path == "/authorize":
        raise NotApproved(f"{page.url.host}: {_headline(page)}")
    return page


def _headline(page: httpx2.Response) -> str:
    said = re.search(r'<p class="fault"[^>]*>(.*?)</p>', page.text) or re.search(r"<h1>(.*?)</h1>", page.text)
    words = re.sub(r"<[^>]+>", "", said[1]) if said else f"answered {page.status_code}"
    return unescape(" ".join(words.split()))
