"""People sign in once, at the company's identity provider, and the registry keeps no secret that opens anything."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Generator
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import update

from deploy.local.identity.robot import sign_in
from registry.store.sessions import HOURS
from registry.store.tables import Session
from tests.registry.stage import Registry


class Browser:
    """A person's browser: cookies, redirects, no script."""

    def __init__(self, base: str, http: httpx2.Client) -> None:
        self.base, self.http = base, http

    async def sign_in(self, login: str, path: str = "/") -> httpx2.Response:
        return await asyncio.to_thread(sign_in, self.http, f"{self.base}{path}", login)

    async def get(self, path: str) -> httpx2.Response:
        return await asyncio.to_thread(self.http.get, path)

    async def post(self, path: str, **form: str) -> httpx2.Response:
        return await asyncio.to_thread(self.http.post, path, data=form)


@pytest.fixture
def open_browser(pages: Registry) -> Generator[Callable[[], Browser]]:
    base = pages.parts.platform.base
    with contextlib.ExitStack() as stack:
        yield lambda: Browser(base, stack.enter_context(httpx2.Client(base_url=base, trust_env=False)))


@pytest.fixture
def browser(open_browser: Callable[[], Browser]) -> Browser:
    return open_browser()


async def test_a_page_leads_to_the_sign_in_and_back_to_itself(browser: Browser) -> None:
    page = await browser.sign_in("ana", "/servers/presto")
    assert (page.status_code, page.url.path) == (200, "/servers/presto")
    assert "<h1>Presto</h1>" in page.text
    assert "ana" in page.text


async def test_the_cookie_is_for_this_site_and_no_script_and_ends(browser: Browser) -> None:
    page = await browser.sign_in("ana")
    (answer,) = [hop for hop in page.history if hop.url.path == "/login/callback"]
    (cookie,) = [line for line in answer.headers.get_list("set-cookie") if "session=" in line]
    assert cookie.split("; ", 1)[1] == f"HttpOnly; Max-Age={HOURS * 3600}; Path=/; SameSite=lax"


async def test_what_the_database_holds_signs_nobody_in(browser: Browser, pages: Registry) -> None:
    await browser.sign_in("ana")
    async with pages.parts.database.reading() as connection:
        kept = str((await connection.exec_driver_sql("SELECT * FROM sessions")).one())
    assert '"subject":"ana"' in kept
    assert browser.http.cookies["seedbed-registry-session"] not in kept
    assert "eyJ" not in kept


async def test_the_sign_in_goes_by_code_with_pkce_state_and_nonce(pages: Registry) -> None:
    answer = await pages.public.get("/login", params={"next": "/servers/presto"})
    where = urlsplit(answer.headers["location"])
    asked = {name: values[0] for name, values in parse_qs(where.query).items()}
    assert answer.status_code == 303
    assert asked["client_id"] == "seedbed-registry"
    assert asked["redirect_uri"] == f"{pages.parts.platform.base}/login/callback"
    assert asked["code_challenge_method"] == "S256"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/\\evil.example", "/api/catalog", "x"])
async def test_nobody_is_led_elsewhere_after_the_sign_in(browser: Browser, pages: Registry, place: str) -> None:
    page = await browser.sign_in("ana", f"/login?next={place}")
    assert (str(page.url), page.status_code) == (f"{pages.parts.platform.base}/", 200)


async def test_an_answer_to_another_sign_in_opens_nothing(browser: Browser) -> None:
    await browser.get("/login")
    for query in ("state=forged&code=x", "code=x", "", "state=forged&error=access_denied"):
        page = await browser.get(f"/login/callback?{query}")
        assert page.status_code == 401
        assert "You are not signed in" in page.text
    assert "seedbed-registry-session" not in browser.http.cookies


async def test_a_stolen_code_opens_nothing_in_another_browser(
    browser: Browser, open_browser: Callable[[], Browser]
) -> None:
    page = await browser.sign_in("ana")
    (used,) = [str(hop.url) for hop in page.history if hop.url.path == "/login/callback"]
    thief = await open_browser().get(used)
    assert thief.status_code == 401
    assert "begun in another browser" in thief.text


async def test_another_issuers_answer_opens_nothing(browser: Browser) -> None:
    start = await browser.get("/login")
    state = parse_qs(urlsplit(start.headers["location"]).query)["state"][0]
    page = await browser.get(f"/login/callback?state={state}&code=x&iss=http://evil.example")
    assert page.status_code == 401
    wrong_code = await browser.get(f"/login/callback?state={state}&code=x")
    assert wrong_code.status_code == 401


async def test_signing_out_needs_the_page_and_ends_the_session_here_and_there(
    browser: Browser, pages: Registry
) -> None:
    page = await browser.sign_in("ana")
    stolen = dict(browser.http.cookies)
    assert (await browser.post("/logout", csrf="forged")).status_code == 403
    assert (await browser.post("/logout")).status_code == 403
    assert (await browser.get("/")).status_code == 200
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert csrf is not None
    gone = await browser.post("/logout", csrf=csrf[1])
    assert (gone.status_code, gone.headers["location"]) == (303, "/logout")
    assert "signed out" in (await browser.get("/logout")).text
    assert (await browser.get("/")).headers["location"] == "/login?next=%2F"
    replayed = await pages.public.get("/", headers={"Cookie": f"seedbed-registry-session={stolen.popitem()[1]}"})
    assert replayed.status_code == 303


async def test_a_session_ends_by_itself(browser: Browser, pages: Registry) -> None:
    await browser.sign_in("ana")
    async with pages.parts.database.writing() as connection:
        await connection.execute(update(Session).values(expires_at=Session.expires_at - HOURS * 3600))
    assert (await browser.get("/")).status_code == 303


async def test_signing_in_again_leaves_one_session(browser: Browser, pages: Registry) -> None:
    for _ in range(2):
        await browser.sign_in("ana", "/login")
    async with pages.parts.database.reading() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM sessions")).scalar() == 1
