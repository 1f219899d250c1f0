"""Two environments stand side by side in one proxy, and nothing that counts in one counts in the other."""

import pytest

from tests.gateway.artefacts import artefact
from tests.gateway.programs import eventually
from tests.gateway.stage import Stage
from tests.gateway.wire import refused

OF = {"production": "seedbed-cli", "dev": "seedbed-cli-dev"}
OTHER = {"production": "dev", "dev": "production"}


@pytest.mark.parametrize("environment", OF)
def test_a_token_of_one_environment_is_refused_in_the_other(stage: Stage, environment: str) -> None:
    edge, foreign = stage.edge(environment), OF[OTHER[environment]]
    assert edge.call("find").status == 200
    reply = edge.call("find", token=stage.issuer.token(azp=foreign))
    assert refused(reply, 403, "client_not_allowed")
    assert reply.body["rule"] == f"client-{environment}-edge"


@pytest.mark.parametrize("environment", OF)
@pytest.mark.parametrize("surface", ["web-chat", "chat-bot"])
def test_a_surface_s_token_is_worth_nothing_at_the_edge(stage: Stage, environment: str, surface: str) -> None:
    stolen = stage.issuer.token(azp=f"seedbed-{surface}{'-dev' if environment == 'dev' else ''}")
    before = stage.servers["seed"].requests
    assert refused(stage.edge(environment).call("find", token=stolen), 403, "client_not_allowed")
    assert stage.servers["seed"].requests == before


@pytest.mark.parametrize("environment", OF)
def test_a_server_s_name_leads_to_its_own_environment_alone(stage: Stage, environment: str) -> None:
    assert stage.edge(environment).call("find").seen["host"] == [f"127.0.0.1:{stage.ports[f'{environment}-edge']}"]
    assert refused(stage.edge("dev").call("greet", server="open"), 404, "unknown_server")


def test_a_policy_changes_its_own_environment_alone(stage: Stage) -> None:
    stage.desk.put(artefact(environment="dev", version=2, gate={"business_groups": ["nobody"]}))
    eventually(lambda: stage.edge("dev").call("find").status == 403, "dev is closed")
    assert stage.call("find").status == 200
    opened = artefact(environment="dev", version=3, reach={"surfaces": ["cli", "web-chat", "chat-bot"]})
    stage.desk.put(opened)
    eventually(lambda: stage.edge("dev").call("find").status == 200, "dev is open")


@pytest.mark.parametrize("environment", OF)
def test_who_is_called_by_the_other_s_name_says_so(stage: Stage, environment: str) -> None:
    reply = stage.edge(environment).ask("GET", "/servers", host="elsewhere.test")
    assert refused(reply, 421, "misdirected")
    assert reply.body["how_to_ask"] == f"call {stage.edge(environment).base}"


def test_the_registry_is_behind_production_alone(stage: Stage) -> None:
    dev = stage.edge("dev")
    for path in ("/", "/servers", "/api/catalog", "/approvals/x", "/suspensions", "/v0.1/servers", "/login"):
        assert dev.ask("GET", path).status == 401
        assert refused(dev.ask("GET", path, dev.bearer()), 404, "unknown_server")


def test_a_client_of_dev_that_is_refused_finds_out_who_logs_it_in(stage: Stage) -> None:
    dev = stage.edge("dev")
    challenge = dev.call("find", who=None).headers["www-authenticate"]
    document = challenge.partition('resource_metadata="')[2].rstrip('"')
    assert document == f"{dev.base}/.well-known/oauth-protected-resource/mcp/seed"
    answer = dev.ask("GET", document.removeprefix(dev.base), ("origin", "https://anywhere.test"))
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert answer.body["resource"] == f"{dev.base}/mcp/seed"
    assert answer.body["authorization_servers"] == [stage.issuer.url]
    assert dev.ask("GET", "/.well-known/oauth-protected-resource").body["resource"] == dev.base
    assert dev.ask("GET", "/.well-known/oauth-protected-resource/mcp/open").status == 401
