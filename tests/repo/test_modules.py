"""The house style, as far as a program can see it."""

import ast
from pathlib import PurePath

from tests.repo.tree import NAMESPACES, ROOT, files, modules, parsed

LONGEST = 300


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name in modules() if ast.get_docstring(parsed(name)) is None and not _is_test(name)]
    assert not silent


def test_no_module_is_too_long_to_read_in_one_go() -> None:
    lines = {name: len((ROOT / name).read_text("utf-8").splitlines()) for name in modules()}
    assert not {name: count for name, count in lines.items() if count > LONGEST}


def test_namespaces_and_test_folders_belong_to_nobody() -> None:
    inits = [PurePath(name).parent for name in modules() if PurePath(name).name == "__init__.py"]
    taken = [folder for folder in inits if str(folder) in NAMESPACES or folder.parts[0] == "tests"]
    assert not [str(folder) for folder in taken if f"{folder}/server.yaml" not in files()]  # a server in a test is one


def test_every_folder_of_code_is_a_package() -> None:
    folders = {PurePath(name).parent for name in modules() if not name.startswith("tests/")}
    inits = {PurePath(name).parent for name in modules() if PurePath(name).name == "__init__.py"}
    assert not {str(folder) for folder in folders - inits if not _loaded_by_path(folder)}


def test_importing_a_package_does_nothing() -> None:
    busy = [name for name in modules() if PurePath(name).name == "__init__.py" and not _only_names(parsed(name))]
    assert not busy


def _is_test(name: str) -> bool:
    return PurePath(name).name.startswith(("test_", "conftest"))


def _loaded_by_path(folder: PurePath) -> bool:
    """Alembic loads its migrations by their path; a package there would only be in its way."""
    return "migrations" in folder.parts


def _only_names(module: ast.Module) -> bool:
    """A docstring, imports, plain names, and the hook that loads a name when it is asked for."""
    return all(
        isinstance(node, ast.Import | ast.ImportFrom | ast.Assign)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        or (isinstance(node, ast.FunctionDef) and node.name == "__getattr__")
        for node in module.body
    )
