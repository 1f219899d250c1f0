"""What authors write is text on every page and in every answer, and what nobody could read is refused in words."""

import asyncio
import gc
import json
import re
import time
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import pytest

from platform_core.registration.contract import NamedPromise, Registration
from tests.registry.pages.reading import page_for
from tests.registry.reviews.reviewing import STRANGE, Office
from tests.registry.stage import TOOLS, Registry, Signer, registration

EVIL = (
    "\"'><script>alert(1)</script><img src=x onerror=alert(2)>[now](javascript:alert(3)) ![](https://evil.example/p) "
    "{{ 7 * 7 }} {% raw %} \u202egnp.exe\u0007 </title></textarea><!-- ``` # **bold**"
)
SHORT = EVIL[:100]
PAGES = {
    "olu": ("/", "/?q=script", "/servers/seed", "/servers/seed/connect", "/reviews", "/reviews/1", "/inbox", "/impact"),
    "sam": ("/reviews", "/reviews/1", "/reviews/1/what-if", "/reviews/1/what-if?groups=<script>", "/suspensions"),
    "tom": ("/audit", "/reviews/1", "/inbox"),
}
ANSWERS = (
    *("/api/catalog", "/api/preflight?server=seed&tool=greet", "/api/validate?server=seed&version=<script>"),
    *("/api/reviews", "/api/reviews/1", "/api/reviews/1/evidence", "/v0.1/servers", "/v0.1/servers?search=<script>"),
    *("/v0.1/servers/internal.seedbed/<script>/versions", "/api/policies/seed"),
)


def hostile() -> Registration:
    """A server whose author tries everything that a name or a text of theirs can hold."""
    greet = TOOLS["seed"]["greet"]
    schema = {"type": "object", "properties": {EVIL: {"type": "string", "description": EVIL, "enum": [EVIL]}}}
    promise = greet.model_copy(update={"description": EVIL, "input": schema, "output": schema, "approval": EVIL})
    said = registration("seed", tools={"greet": promise}, title=SHORT, summary=SHORT, channels=[EVIL, f"#{EVIL}"])
    more = {EVIL: NamedPromise(description=EVIL, policy="everyone")}
    contract = said.contract.model_copy(update={"resources": more, "prompts": more})
    return said.model_copy(update={"contract": contract, "version": "1.0.0<script>"})


async def made_live(registry: Registry, said: Registration) -> None:
    office = Office(registry)
    review = await office.opened(said, answers=STRANGE | {"notes": EVIL})
    reason = {"reason": EVIL, "link": "https://tickets.example/<script>"}
    for kind in ("security", "legal", "genai"):
        (await office.decide(review, kind, **reason)).raise_for_status()


class Tags(HTMLParser):
    """What a browser would make of a page: nothing that an author wrote may be a tag, an attribute or an address."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        assert tag not in ("iframe", "object"), said
        assert tag not in ("script", "img") or str(said.get("src")).startswith("/static/"), said
        assert not [name for name in said if name.startswith("on")], said
        for name in ("href", "src", "action"):
            assert re.match(r"/|#|https://tickets\.example/", said.get(name) or "/"), said


@pytest.mark.parametrize("state", ["waits", "live"])
async def test_what_an_author_writes_is_text_on_every_page(registry: Registry, state: str) -> None:
    said = hostile()
    if state == "live":
        await made_live(registry, said)
    else:
        await Office(registry).opened(said, answers=STRANGE | {"notes": EVIL})
        (await registry.register(said)).raise_for_status()
    for login, paths in PAGES.items():
        for path in paths:
            answer = await page_for(registry, login, path)
            assert answer.status_code == 200, path
            assert "script-src 'self'" in answer.headers["content-security-policy"], path
            Tags().feed(answer.text)
            assert " 49 {% raw" not in answer.text, path


async def test_what_an_author_writes_is_data_in_every_answer(registry: Registry) -> None:
    await made_live(registry, hostile())
    for path in ANSWERS:
        answer = await registry.public.get(path, headers=registry.issuer.headers("sam"))
        assert answer.status_code < 500, path
        assert re.match(r"application/(problem\+)?json", answer.headers["content-type"]), path
        json.loads(answer.text)
    text = await registry.public.get("/api/reviews/1/evidence?format=markdown", headers=registry.issuer.headers("sam"))
    assert text.headers["content-disposition"].startswith("attachment")
    assert text.headers["x-content-type-options"] == "nosniff"
    assert not [line for line in text.text.splitlines() if "alert(1)" in line and not line.startswith("    ")]


def nested(depth: int) -> str:
    return '{"a":' * depth + "{}" + "}" * depth


UNREADABLE: Mapping[str, tuple[str, str]] = {
    "too deep": (nested(200), "nested more than 128 deep"),
    "much too deep": (nested(900), "nested more than 128 deep"),
    "deeper than any reader": (nested(100_000), "error parsing the body"),
    "no number": ('{"maximum": NaN}', "a number that JSON can't say"),
    "beyond numbers": ('{"maximum": 1e400}', "a number that JSON can't say"),
    "half a character": ('{"pattern": "\\ud800"}', "half a character"),
    "a name of half a character": ('{"\\udfff": {}}', "half a character"),
}


@pytest.mark.parametrize("which", UNREADABLE)
async def test_a_schema_that_nobody_could_read_is_refused_in_words_at_both_doors(
    registry: Registry, which: str
) -> None:
    schema, why = UNREADABLE[which]
    said = json.dumps(registration("seed").model_dump(mode="json", by_alias=True))
    said = said.replace('"input": {', '"input": ' + schema + ', "output": {', 1).replace(', "output": null', "", 1)
    handed = f'{{"registration": {said}, "answers": {json.dumps(STRANGE)}}}'
    as_json, olu = {"Content-Type": "application/json"}, registry.issuer.headers("olu")
    answers = (
        await registry.platform.put("/api/servers/seed", content=said, headers=as_json),
        await registry.public.post("/api/reviews/submissions", content=handed, headers=as_json | olu),
    )
    for answer in answers:
        assert (answer.status_code, why in answer.json()["detail"]) == (400, True), answer.text


@pytest.mark.parametrize("place", ["owner", "channels"])
async def test_half_a_character_anywhere_else_is_refused_too(registry: Registry, place: str) -> None:
    said = registration("seed").model_dump(mode="json", by_alias=True)
    said["manifest"][place] = "\ud800"
    headers = registry.issuer.headers("olu") | {"Content-Type": "application/json"}
    answer = await registry.platform.put("/api/servers/seed", content=json.dumps(said), headers=headers)
    assert (answer.status_code, "half a character" in answer.json()["detail"]) == (400, True)
    closing = json.dumps({"server": "seed", "reason": "\udc00", "environments": ["production"]})
    assert (await registry.public.post("/api/suspensions", content=closing, headers=headers)).status_code == 400


def of(tools: int, **changed: Any) -> Registration:
    promise = TOOLS["seed"]["greet"].model_copy(update=changed)
    return registration("seed", tools={f"t{number}": promise for number in range(tools)})


async def test_a_review_looks_at_no_more_than_people_can(registry: Registry, signer: Signer) -> None:
    office = Office(registry)
    refused = await office.hand_in(of(501))
    assert (refused.status_code, refused.json()["rule"]) == (400, "registry/proposal")
    assert "a review looks at 500 tools at most, and this has 501: split it" in refused.json()["detail"]
    review = await office.opened(of(500))
    for path in (f"/reviews/{review['id']}", f"/reviews/{review['id']}/what-if", "/reviews"):
        assert len((await page_for(registry, "sam", path)).content) < 500_000
    assert (await office.grant_all(review))["state"] == "live"


async def test_ten_thousand_tools_at_once_keep_nobody_waiting(registry: Registry) -> None:
    body, as_json = of(10_000).model_dump_json(by_alias=True), {"Content-Type": "application/json"}
    waits: list[float] = []
    gc.freeze()  # as the registry's own process does when it begins to serve
    began = time.process_time()
    taking = asyncio.create_task(registry.platform.put("/api/servers/seed", content=body, headers=as_json))
    while not taking.done():
        before = time.thread_time()
        assert (await registry.public.get("/health/ready")).status_code == 200
        waits.append(time.thread_time() - before)
    gc.unfreeze()
    assert taking.result().status_code == 200
    assert len(waits) > 3
    assert max(waits) < (time.process_time() - began) / 4, "what is long is done beside the loop that answers"


@pytest.mark.parametrize("length", [{"Content-Length": str(2**40)}, {"Transfer-Encoding": "chunked"}])
@pytest.mark.parametrize("door", ["public", "platform"])
async def test_what_is_too_long_is_refused_whether_or_not_it_says_so(
    registry: Registry, door: str, length: dict[str, str]
) -> None:
    headers = registry.issuer.headers("olu") | {"Content-Type": "application/json"} | length
    body = b"{}" if "Content-Length" in length else b"[" * (33 * 1024 * 1024)
    if door == "public":
        answer = await registry.public.post("/api/reviews/submissions", content=body, headers=headers)
    else:
        answer = await registry.platform.put("/api/servers/seed", content=body, headers=headers)
    assert (answer.status_code, "bytes here; send less" in answer.json()["detail"]) == (413, True)
