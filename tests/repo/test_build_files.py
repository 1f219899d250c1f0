"""Every file belongs to one target of a BUILD file, and a BUILD file says no more than Pants is meant to know."""

from collections import Counter
from pathlib import PurePath

from tests.repo.targets import CODE, DATA, OTHER, build_files, owners, targets
from tests.repo.tree import files, members, modules

SHIPPED = (".yaml", ".html", ".css", ".js", ".svg", ".woff2", ".mako", ".ini")
"""Files that code reads at run time."""


def test_build_files_hold_known_targets_only() -> None:
    assert {target.kind for target in targets()} <= {*CODE, *DATA, *OTHER}


def test_no_two_targets_of_a_file_share_a_name() -> None:
    named = Counter((str(t.folder), t.name) for t in targets() if not t.kind.startswith("__"))
    assert not [target for target, count in named.items() if count > 1]


def test_every_folder_with_python_has_a_build_file() -> None:
    folders = {str(PurePath(name).parent) for name in modules()}
    assert not {folder for folder in folders if f"{folder}/BUILD" not in build_files()}


def test_every_member_says_what_it_may_import() -> None:
    ruled = {str(target.folder) for target in targets() if target.kind == "__dependencies_rules__"}
    assert {member.folder for member in members()} <= ruled


def test_every_module_belongs_to_exactly_one_target() -> None:
    assert not {name: kinds for name in modules() if len(kinds := owners(name)) != 1}


def test_tests_are_tests_and_nothing_else_is() -> None:
    product = {name: owners(name) for name in modules() if not name.startswith("tests/")}
    assert {name: kinds for name, kinds in product.items() if kinds != ["python_sources"]} == {}
    tests = {name: owners(name) for name in modules("tests")}
    assert {name: kinds for name, kinds in tests.items() if "python_sources" in kinds} == {}


def test_every_file_that_code_reads_is_a_resource() -> None:
    folders = {PurePath(build).parent for build in build_files()} - {PurePath()}
    beside_code = [n for n in files() if n.endswith(SHIPPED) and not folders.isdisjoint(PurePath(n).parents)]
    assert not [name for name in beside_code if not set(DATA) & set(owners(name))]


def test_every_target_finds_a_file() -> None:
    empty = [t for t in targets() if t.sources and not any(t.owns(name) for name in files())]
    assert not [(str(target.folder), target.kind) for target in empty]
