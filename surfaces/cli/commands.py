"""The commands. Each imports what it needs when it runs, so that `seedbed headers` answers at once."""

import json
import time
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from surfaces.cli import access, logins, places, submitting
from surfaces.cli.failures import Failed, NotLoggedIn, Unusable
from surfaces.cli.options import Env, Environment, ServerName, Url, server_name
from surfaces.cli.places import Place

if TYPE_CHECKING:
    from surfaces.cli.catalogue import Catalogue

app = typer.Typer(
    help="Use the MCP servers of your company: log in once, then see and call what you may.",
    epilog="Ends with 0: done; 1: the tool said no; 2: used wrongly, or nobody is logged in; "
    "3: refused, with the rule and how to ask; 4: nobody answers.  "
    f"Environment: {places.URL_VARIABLE}, {places.HOME_VARIABLE}.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks would show tokens
)


class Era(StrEnum):
    """Which protocol the client speaks first."""

    AUTO = "auto"
    LEGACY = "legacy"


@app.command()
def login(url: Url = None, env: Env = Environment.PRODUCTION) -> None:
    """Log in: a short link and a code, answered in any browser."""
    from surfaces.cli import issuer

    found = issuer.discover(_place(url, env))
    asked = issuer.ask(found)
    print(
        f"Open   {asked.link}", f"Code   {asked.user_code}", "Waiting for your answer there ...", sep="\n", flush=True
    )
    signed_in = issuer.wait(found, asked)
    with logins.alone(found.place):
        logins.write(signed_in)
    print(_who(signed_in))


@app.command()
def logout(url: Url = None, env: Env = Environment.PRODUCTION) -> None:
    """Log out here, and tell the identity provider."""
    from surfaces.cli import issuer

    place = _place(url, env)
    with logins.alone(place):
        gone = logins.read(place)
        logins.forget(place)
    issuer.revoke(gone)
    print(f"{gone.person} is logged out of {place}.")


@app.command()
def whoami(url: Url = None, env: Env = Environment.PRODUCTION) -> None:
    """Show who is logged in, where and until when."""
    login = logins.read(_place(url, env))
    if login.ends_at and login.ends_at < time.time():
        raise NotLoggedIn(f"The login of {login.person} at {login.place} has ended. Run `{login.place.login_command}`.")
    print(_who(login))


@app.command()
def tools(
    server: Annotated[str | None, typer.Argument(metavar="[SERVER]", help="Show this server alone.")] = None,
    url: Url = None,
    env: Env = Environment.PRODUCTION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the registry's answer as it came.")] = False,
) -> None:
    """List the servers and tools that you may use."""
    from surfaces.cli import catalogue, showing

    found, raw = catalogue.fetch(places.base_url(url), env.value)
    if as_json:
        print(json.dumps(json.loads(raw), indent=2))
        return
    showing.show(found if server is None else _only(found, server))


@app.command()
def call(
    server: ServerName,
    tool: Annotated[str, typer.Argument(metavar="TOOL")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="key=text, or key:=json for anything else.")
    ] = None,
    beneath: Annotated[
        str | None, typer.Option("--json", metavar="OBJECT", help="Arguments as one JSON object; KEY=VALUE wins.")
    ] = None,
    era: Annotated[Era, typer.Option(help="auto: newest protocol first; legacy: the handshake of 2025.")] = Era.AUTO,
    url: Url = None,
    env: Env = Environment.PRODUCTION,
) -> None:
    """Call one tool and print its answer."""
    from surfaces.cli.arguments import parse

    given, name = parse(arguments or [], beneath), server_name(server)
    login = logins.read(_place(url, env))
    from surfaces.cli import calling  # the SDK takes a second to load: only when all the rest is right

    answer = calling.call(login, name, tool, given, era=era)
    if answer.failed:
        raise Failed(answer.text)
    print(answer.text)


@app.command()
def headers(server: ServerName, url: Url = None, env: Env = Environment.PRODUCTION) -> None:
    """Print the HTTP headers for SERVER as JSON, for agents that run a headers helper."""
    server_name(server)
    token = access.token(_place(url, env), good_for=access.FOR_AN_AGENT)
    print(json.dumps({"Authorization": f"Bearer {token}"}))


app.command()(submitting.submit)


def _who(login: logins.Login) -> str:
    name = f" ({login.name})" if login.name else ""
    until = f" until {datetime.fromtimestamp(login.ends_at):%a %d %b, %H:%M}" if login.ends_at else ""
    return f"{login.person}{name} is logged in at {login.place}{until}."


def _only(found: "Catalogue", server: str) -> "Catalogue":
    named = tuple(entry for entry in found.servers if entry.name == server)
    if not named:
        yours = ", ".join(entry.name for entry in found.servers) or "none"
        raise Unusable(f"No server {server} is open to {found.person}. Open: {yours}.")
    return replace(found, servers=named)


def _place(url: str | None, environment: Environment) -> Place:
    return Place(places.base_url(url), environment.value)
