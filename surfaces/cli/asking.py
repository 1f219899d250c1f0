"""One question to the registry, as the person who is logged in."""

from collections.abc import Mapping

from surfaces.cli import access, places, web
from surfaces.cli.places import Place


def get(url: str, path: str, query: Mapping[str, str] | None = None) -> bytes:
    """What the registry of the platform at `url` answers."""
    return _ask("GET", url, path, query=query)


def post(url: str, path: str, body: object) -> bytes:
    """What it answers to `body`."""
    return _ask("POST", url, path, body=body)


def _ask(method: str, url: str, path: str, *, query: Mapping[str, str] | None = None, body: object = None) -> bytes:
    # The registry is behind production's doors alone, so only a login there is believed.
    place, whose = Place(url, places.PRODUCTION), f"{url}{path}"
    token = access.token(place)
    answer = web.ask(method, whose, token=token, query=query, body=body)
    if answer.status_code == 401:  # its key may have been withdrawn: a new one costs nobody a login
        answer = web.ask(method, whose, token=access.token(place, refused=token), query=query, body=body)
    if answer.status_code != 200:
        raise web.no(answer.status_code, answer.content, whose)
    return answer.content
