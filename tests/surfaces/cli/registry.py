"""What the registry answers to those who look after servers: one policy in two versions, one trace, suspensions."""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

TRACE = "0af7651916cd43dd8448eb211c80319c"
NOW = int(time.time())


def registry_answer(request: Request, person: dict[str, Any]) -> JSONResponse:
    """The answer to one question of `person`."""
    path = request.url.path
    if path == f"/api/why/{TRACE}":
        return JSONResponse({"trace_id": TRACE, "steps": STEPS})
    if path == "/api/policies/presto" and "operator" in person["roles"]:
        version = int(request.query_params.get("version", "2"))
        return _policy(version, request.query_params["environment"])
    if path == "/api/suspensions" and "operator" in person["roles"]:
        return JSONResponse({"lifted_at": "https://seedbed.example.com/suspensions"})
    if path.startswith("/api/why/"):
        return _no(404, "not_found", "registry/trace", "nothing of yours is known under this trace")
    return _no(403, "authorization_denied", "registry/operator", "this needs the role operator")


def _no(status: int, code: str, rule: str, detail: str) -> JSONResponse:
    body = {"code": code, "rule": rule, "detail": detail, "how_to_ask": "ask the operators", "trace_id": TRACE}
    return JSONResponse(body, status)


def _policy(version: int, environment: str) -> JSONResponse:
    groups = ["finance"] if version == 1 else ["ads", "finance"]
    closed = {"server": "presto", "tool": "run_query", "person": None, "reason": "too slow", "by": "olu", "at": NOW}
    return JSONResponse(
        {
            "server": "presto", "environment": environment, "version": version, "in_force": version == 2,
            "signed_by": "key-1", "artefact": artefact(version, environment, groups), "suspensions": [closed],
        }
    )  # fmt: skip


def artefact(version: int, environment: str, groups: list[str]) -> dict[str, Any]:
    """A policy of presto for some business groups."""
    run = {"any": [{"role": "analyst"}, {"group": "platform"}]}
    rule = {"risk": "low", "data_class": "internal"}
    return {
        "server": "presto", "environment": environment, "version": version, "issued_at": NOW, "not_after": NOW + 86_400,
        "contract_digest": f"sha256:{'0' * 64}", "how_to_ask": "ask #data-platform",
        "reviews": [{"kind": "security", "reviewer": "sam", "ticket": "SEC-1"}],
        "reach": {"surfaces": ["cli"]}, "gate": {"business_groups": groups},
        "policies": {"look": {"employment": ["employee"]}, "run": run},
        "tools": {"find_tables": rule | {"policy": "look"}, "run_query": rule | {"policy": "run"}},
    }  # fmt: skip


def _step(layer: str, **said: Any) -> dict[str, Any]:
    fixed = {"layer": layer, "at": "2026-11-23T09:45:58Z", "environment": "production", "server": "presto"}
    rest = {"what": None, "who": "ana", "allowed": True, "how_to_ask": None, "approval": None, "latency_ms": None}
    return fixed | rest | said


STEPS = [
    _step("proxy", rule="proxy", detail="let through"),
    _step(
        "server",
        what="tools/call run_query",
        rule="presto/run",
        allowed=False,
        detail="refused, nothing ran",
        how_to_ask="ask #data-platform",
        latency_ms=3.2,
    ),
]
