"""Where the proxy may connect to."""

from dataclasses import replace
from pathlib import Path

from gateway.compile.clusters import issuer_cluster
from tests.gateway.examples import example_compiler

ISSUER = example_compiler(Path("/srv/seedbed")).issuer


def test_an_issuer_behind_https_must_prove_its_name() -> None:
    cluster = issuer_cluster(replace(ISSUER, jwks_url="https://login.example/jwks"))
    tls = cluster["transport_socket"]["typed_config"]
    names = tls["common_tls_context"]["validation_context"]["match_typed_subject_alt_names"]
    assert (cluster["type"], tls["sni"]) == ("STRICT_DNS", "login.example")
    assert names == [{"san_type": "DNS", "matcher": {"exact": "login.example"}}]


def test_a_port_that_is_not_said_is_the_one_of_the_scheme() -> None:
    for url, port in {
        "https://login.example/jwks": 443,
        "http://[::1]/jwks": 80,
        "http://10.0.0.1:8080/x": 8080,
    }.items():
        (endpoints,) = issuer_cluster(replace(ISSUER, jwks_url=url))["load_assignment"]["endpoints"]
        assert endpoints["lb_endpoints"][0]["endpoint"]["address"]["socket_address"]["port_value"] == port
