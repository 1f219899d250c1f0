"""Who is what at the registry: groups of the directory say so, by a map that has to be there."""

import json
from pathlib import Path

import pytest

from platform_core.errors import WiringError
from platform_core.testing.people import PEOPLE, ROLE_GROUPS
from registry.owners import owns
from registry.roles import given_to, has_role
from registry.settings import RegistrySettings
from tests.registry.stage import Registry, registration


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("word")
    for name in ("CLIENT", "PROBE"):
        monkeypatch.setenv(f"SEEDBED_REGISTRY_{name}_SECRET_FILE", str(tmp_path / "secret"))


@pytest.mark.usefixtures("secrets")
def test_a_registry_without_the_map_does_not_start_and_says_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEEDBED_REGISTRY_ROLE_GROUPS", raising=False)
    with pytest.raises(WiringError) as refused:
        RegistrySettings.load()
    said = str(refused.value)
    assert "SEEDBED_REGISTRY_ROLE_GROUPS" in said
    example = said[said.index("{") : said.index("}") + 1]
    monkeypatch.setenv("SEEDBED_REGISTRY_ROLE_GROUPS", example)
    assert set(RegistrySettings.load().role_groups) == set(ROLE_GROUPS)


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("role", ROLE_GROUPS)
def test_a_map_that_leaves_a_role_to_nobody_is_refused(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    for groups in ({**ROLE_GROUPS, role: ()}, {name: ROLE_GROUPS[name] for name in ROLE_GROUPS if name != role}):
        monkeypatch.setenv("SEEDBED_REGISTRY_ROLE_GROUPS", json.dumps(groups))
        with pytest.raises(WiringError, match=role):
            RegistrySettings.load()


async def test_each_of_the_people_has_the_role_of_their_group_and_no_other(registry: Registry) -> None:
    given = {login: given_to(registry.parts, PEOPLE[login].calling_from()) for login in PEOPLE}
    assert {login: roles for login, roles in given.items() if roles} == {
        "olu": ["operator"],
        "sam": ["security-reviewer"],
        "lea": ["legal-reviewer"],
        "gia": ["genai-reviewer"],
        "tom": ["auditor"],
    }


async def test_a_role_that_only_a_token_names_is_none(registry: Registry) -> None:
    headers = registry.issuer.headers("ana", roles=["operator"])
    body = {"server": "presto", "reason": "a test"}
    answer = await registry.public.post("/api/suspensions", json=body, headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (403, "registry/operator")


async def test_everybody_reads_and_nobody_owns_everything(registry: Registry) -> None:
    ana, olu = PEOPLE["ana"].calling_from(), PEOPLE["olu"].calling_from()
    assert has_role(registry.parts, ana, "reader")
    assert not has_role(registry.parts, olu, "owner")
    manifest = registration("presto").manifest
    assert owns(olu, manifest)
    assert not owns(ana, manifest)
