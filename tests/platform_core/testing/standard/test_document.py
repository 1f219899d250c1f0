"""The document and the checks say the same: every clause is looked at, and nothing is looked at that is no clause."""

import inspect
import re

from platform_core.testing.standard import access, code, words
from platform_core.testing.standard.clauses import CLAUSES
from platform_core.testing.standard.finding import Clause
from tests.repo.tree import ROOT

DOCUMENT = (ROOT / "docs" / "security-standard.md").read_text("utf-8")
SECTION = re.compile(r"^### (\S+): (.+)\n\n((?:(?!^#).*\n)+)", re.MULTILINE)
HELD_BY = re.compile(
    r"^(?:Check (?:of the registration|of the code|at the start): `(\w+)`|Review: (\w+))$", re.MULTILINE
)


def test_every_clause_stands_in_the_document_in_the_same_words_and_order() -> None:
    written = [(clause, title) for clause, title, _ in SECTION.findall(DOCUMENT)]
    assert written == [(clause.id, clause.title) for clause in CLAUSES]


def test_every_clause_has_a_text_a_reason_and_one_check_or_review() -> None:
    lame = [
        clause
        for clause, _, body in SECTION.findall(DOCUMENT)
        if len(HELD_BY.findall(body)) != 1 or body.count("\nWhy: ") != 1 or body.startswith("Why: ")
    ]
    assert not lame


def test_the_document_names_the_check_or_the_review_that_there_is() -> None:
    named = {clause: HELD_BY.findall(body)[0] for clause, _, body in SECTION.findall(DOCUMENT)}
    assert {clause: check or review for clause, (check, review) in named.items()} == {
        clause.id: clause.held_by for clause in CLAUSES
    }


def test_the_document_says_where_a_check_can_run() -> None:
    assert {each.id for each in CLAUSES if each.of_code} == _with("Check of the code: ")
    assert {each.id for each in CLAUSES if each.of_registration} == _with("Check of the registration: ")
    assert {each.id for each in CLAUSES if each.at_start} == _with("Check at the start: ")


def test_a_clause_is_looked_at_once() -> None:
    def looks(clause: Clause) -> int:
        return sum(
            look is not None for look in (clause.of_registration, clause.of_code, clause.at_start, clause.review)
        )

    assert {clause.id: looks(clause) for clause in CLAUSES} == {clause.id: 1 for clause in CLAUSES}


def test_every_check_is_of_a_clause() -> None:
    checks = {
        name
        for module in (access, code, words)
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if found.__module__ == module.__name__ and not name.startswith("_")
    }
    assert checks == {clause.held_by for clause in CLAUSES if clause.of_registration or clause.of_code}


def test_what_the_core_refuses_by_itself_names_clauses_that_exist() -> None:
    code = "\n".join(file.read_text("utf-8") for file in (ROOT / "platform_core").rglob("*.py"))
    refused = set(re.findall(r'"(MCP-[A-Z]+-\d+)"', code))
    assert refused == {clause.id for clause in CLAUSES}


def _with(words: str) -> set[str]:
    return {clause for clause, _, body in SECTION.findall(DOCUMENT) if words in body}
