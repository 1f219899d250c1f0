"""The registry's two doors: one for people and their programs, one for parts of the platform."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from registry import health
from registry.api import (
    approval_steps,
    approvals,
    audit,
    catalogue,
    deprecations,
    evidence,
    me,
    metrics,
    notices,
    openapi,
    platform,
    policies,
    preflight,
    reviews,
    stream,
    suspensions,
    turned_away,
    validate,
    wellknown,
    who,
    why,
)
from registry.api import guide as guidance
from registry.api import impact as numbers
from registry.api.refusals import Render, answer_refusals, as_json
from registry.api.too_long import TooLong
from registry.official import app as official
from registry.pages import approval, approvals_waiting, drift, home, inbox, login, server, suspended
from registry.pages import audit as audit_page
from registry.pages import guide as guide_page
from registry.pages import impact as impact_page
from registry.pages import me as me_page
from registry.pages import review as review_page
from registry.pages import reviews as reviews_page
from registry.pages.errors import ask_to_sign_in, for_people_or_programs
from registry.pages.session import SignInNeeded
from registry.parts import Parts

STATIC = Path(__file__).parent / "pages" / "static"
MEGABYTE = 1024 * 1024


def public_app(parts: Parts) -> FastAPI:
    """Behind the proxy: `/api` by token, pages by session, the rest for anybody."""
    app = _app(parts, max_body=MEGABYTE, render=for_people_or_programs)
    # What is asked most comes first: a request is held to each room's addresses in turn.
    app.mount(official.PATH, official.official_app(parts))
    app.mount("/static", StaticFiles(directory=STATIC))
    for room in (
        catalogue,
        preflight,
        validate,
        policies,
        reviews,
        deprecations,
        evidence,
        suspensions,
        why,
        approvals,
        wellknown,
        health,
    ):
        app.include_router(room.router)
    for room in (audit, me, who, audit_page, me_page, drift, openapi):
        app.include_router(room.router)
    for room in (login, home, server, suspended, approvals_waiting, approval, inbox, notices):
        app.include_router(room.router)
    for room in (reviews_page, review_page, numbers, impact_page, guidance, guide_page):
        app.include_router(room.router)
    app.add_exception_handler(SignInNeeded, ask_to_sign_in)
    return app


def platform_app(parts: Parts) -> FastAPI:
    """Behind a socket in a folder that only the platform's account may enter: whoever reaches it is believed."""
    app = _app(parts, max_body=32 * MEGABYTE, render=as_json)
    for room in (platform, approval_steps, turned_away, stream, metrics, health):
        app.include_router(room.router)
    app.include_router(reviews.platform_router)
    return app


def _app(parts: Parts, *, max_body: int, render: Render) -> FastAPI:
    # No generated pages of documentation: they load scripts from elsewhere.
    app = FastAPI(title="Seedbed registry", openapi_url=None)
    app.state.parts = parts
    app.add_middleware(TooLong, most=max_body)
    answer_refusals(app, render)
    return app
