"""The questions of the evals stay what they were: enough, judged, answerable by who asks, in two halves."""

from collections import Counter

from platform_core.testing.people import PEOPLE
from servers.knowledge.index.audience import keys_of
from tests.evals.corpus import pages, sections
from tests.evals.questions import Split, judgements, questions
from tests.evals.scoring import interval, ndcg

FIRST = 210
"""Questions that were there when the halves were fixed."""
HALVES = {Split.DEV: 104, Split.TEST: 106}


def test_no_question_is_asked_twice_and_people_ask_them() -> None:
    assert len({question.text.casefold() for question in questions()}) == len(questions())
    assert {question.by for question in questions()} <= set(PEOPLE)


def test_at_least_150_questions_have_an_answer() -> None:
    assert sum(bool(judged.relevant) for judged in judgements().values()) >= 150


def test_every_question_is_judged_and_has_an_answer_or_a_reason_for_none() -> None:
    assert [question.id for question in questions()] == list(judgements())
    assert not [judged.question for judged in judgements().values() if bool(judged.relevant) == bool(judged.none)]


def test_the_halves_are_those_that_were_fixed_before_anything_was_searched() -> None:
    assert Counter(question.split for question in questions()[:FIRST]) == HALVES


def test_what_is_judged_exists_and_may_be_read_by_who_asks() -> None:
    readable = {name: page.audience for page in pages() for name in sections(page)}
    keys = {question.id: keys_of(PEOPLE[question.by].calling_from()) for question in questions()}
    wrong = [
        (judged.question, name)
        for judged in judgements().values()
        for name in judged.relevant
        if not readable.get(name, frozenset()) & keys[judged.question]
    ]
    assert not wrong


def test_a_ranking_with_the_answers_first_is_perfect_and_one_without_is_worth_nothing() -> None:
    relevant = {"answers": 2, "helps": 1}
    assert ndcg(["answers", "helps", "other"], relevant) == 1
    assert ndcg(["other"], relevant) == 0
    assert 0 < ndcg(["helps", "answers"], relevant) < 1


def test_an_interval_holds_the_mean_and_is_the_same_at_each_run() -> None:
    low, high = interval([0.0, 0.5, 1.0])
    assert low < 0.5 < high
    assert (low, high) == interval([0.0, 0.5, 1.0])
