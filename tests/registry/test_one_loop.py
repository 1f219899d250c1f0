"""No request waits for a thread: a pool of them takes turns for one lock, and one of many requests loses each time."""

from collections.abc import Iterator
from inspect import iscoroutinefunction
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute, Mount

from registry.apps import platform_app, public_app
from tests.registry.stage import Registry


def _routes(routes: list[BaseRoute]) -> Iterator[APIRoute]:
    for context in iter_route_contexts(routes):
        route: Any = context.original_route
        if isinstance(route, APIRoute):
            yield route
        elif isinstance(route, Mount) and isinstance(route.app, FastAPI):
            yield from _routes(route.app.routes)


def _called(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _called(each)


async def test_whatever_is_asked_is_answered_in_the_loop(registry: Registry) -> None:
    routes = [route for app in (public_app, platform_app) for route in _routes(app(registry.parts).routes)]
    called = [call for route in routes for call in _called(route.dependant)]
    assert len(routes) > 50
    assert [call for call in called if not iscoroutinefunction(call)] == []
