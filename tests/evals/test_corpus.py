"""The demo corpus is one company's: known people, known groups, and one of each kind of trouble."""

from collections import Counter

from platform_core.testing.people import PEOPLE
from servers.knowledge.index.audience import EVERYONE, NOBODY
from tests.evals.corpus import CORPUS, pages
from tests.evals.printed import documents

GROUPS = {EVERYONE}.union(*(person.groups for person in PEOPLE.values()))
LARGEST = 100_000


def test_every_page_names_itself_an_owner_and_a_day() -> None:
    assert not [page.title for page in pages() if not (page.name and page.title and page.updated and page.url)]
    assert {page.owner for page in pages()} <= set(PEOPLE)


def test_no_two_pages_share_a_name() -> None:
    assert not [name for name, count in Counter(page.name for page in pages()).items() if count > 1]


def test_pages_are_for_groups_that_somebody_is_in() -> None:
    assert set[str]().union(*(page.audience for page in pages())) <= GROUPS


def test_some_pages_are_restricted_and_one_is_for_nobody() -> None:
    audiences = [page.audience for page in pages()]
    wanted = {"finance-analytics", "security-review", "ads-engineering", "platform"}
    assert wanted <= set[str]().union(*(audience for audience in audiences if EVERYONE not in audience))
    assert audiences.count(NOBODY) == 1


def test_what_a_page_replaces_is_there_still() -> None:
    names = {page.name for page in pages()}
    replaced = {page.supersedes for page in pages()} - {""}
    assert replaced
    assert replaced <= names


def test_one_page_holds_words_that_are_meant_for_an_assistant() -> None:
    assert [page.name for page in pages() if "previous instructions" in page.text] == ["assistant-tips"]


def test_no_file_is_large() -> None:
    assert not [str(path) for path in CORPUS.rglob("*") if path.is_file() and path.stat().st_size > LARGEST]


def test_what_is_printed_is_what_its_text_says() -> None:
    assert {name: (CORPUS / name).read_bytes() for name in documents()} == documents()
