"""The registry answers as its description says, whatever it is asked."""

from collections.abc import Generator

import pytest

from tests.registry.asking import Described, described


@pytest.fixture(scope="module")
def registry_described() -> Generator[Described]:
    with described() as found:
        yield found


def test_every_path_for_programs_is_described(registry_described: Described) -> None:
    paths = registry_described.document["paths"]
    assert {"/api/catalog", "/api/preflight", "/api/validate", "/v0.1/servers"} <= paths.keys()
    assert "/v0.1/servers/{name}/versions/{version}" in paths
    assert not [path for path in paths if not path.startswith(("/api/", "/v0.1/"))]


def test_every_answer_is_of_the_form_that_is_described(registry_described: Described) -> None:
    assert registry_described.faults(["ana"], examples=2) == []


@pytest.mark.extra
def test_so_it_is_with_many_more_requests_and_for_people_with_roles(registry_described: Described) -> None:
    assert registry_described.faults(["ana", "olu", "tom", "sam"], examples=60) == []
