"""`make evals`: how well the Knowledge server finds what people ask for, and whether its parts earn their place."""

import sys
from collections.abc import Mapping, Sequence

import numpy as np

from tests.evals import conflicts
from tests.evals.questions import Judgement, Question, Split, judgements, questions
from tests.evals.scoring import interval, ndcg
from tests.evals.searching import FORMS, WAYS, Bench, bench

NOISE = 0.01
"""What fusion may lose against its better half, and the cut into passages against whole pages."""
Scores = Mapping[tuple[str, str, bool], Sequence[float]]
"""By form, way, and whether pages are ranked instead of sections."""


def main() -> None:
    """Ask every question in every way, print, and fail where a part does harm."""
    judged = judgements()
    answered = {split: [q for q in questions() if q.split is split and judged[q.id].relevant] for split in Split}
    with bench() as asked:
        missing = {name for each in judged.values() for name in each.relevant} - set(asked.names.values())
        if missing:
            sys.exit("judged, and not in the index: " + ", ".join(sorted(missing)))
        scores = {split: _scores(asked, some, judged) for split, some in answered.items()}
        _show(answered, scores)
        _show_coverage(asked, judged)
        _show_conflicts(asked)
    if faults := _faults(scores[Split.TEST]):
        sys.exit("\n".join(faults))


def _scores(asked: Bench, some: Sequence[Question], judged: Mapping[str, Judgement]) -> Scores:
    found: dict[tuple[str, str, bool], list[float]] = {}
    for form in FORMS:
        for question in some:
            relevant, rankings = judged[question.id].relevant, asked.asked(form, question)
            for way in WAYS:
                found.setdefault((form, way, True), []).append(ndcg(*_by_page(rankings[way], relevant)))
                if form != "whole":
                    found.setdefault((form, way, False), []).append(ndcg(rankings[way], relevant))
    return found


def _by_page(ranked: Sequence[str], relevant: Mapping[str, int]) -> tuple[list[str], dict[str, int]]:
    """The same with pages in place of sections: each where its first section is, as good as its best one."""
    grades: dict[str, int] = {}
    for name, grade in relevant.items():
        page = name.partition("#")[0]
        grades[page] = max(grade, grades.get(page, 0))
    return list(dict.fromkeys(name.partition("#")[0] for name in ranked)), grades


def _show(answered: Mapping[Split, Sequence[Question]], scores: Mapping[Split, Scores]) -> None:
    for split, some in answered.items():
        print(f"\n{split}: {len(some)} questions with an answer; nDCG@10 of sections | of pages")
        for form in FORMS:
            cells = [_cell(scores[split], form, pages) for pages in (False, True)]
            print(f"  {form:<8}{cells[0]:<40}| {cells[1]}")
    test = scores[Split.TEST]
    for title, one, other in (
        ("both over words (BM25)", ("titled", "both", False), ("titled", "words", False)),
        ("both over meaning", ("titled", "both", False), ("titled", "meaning", False)),
        ("title and headings", ("titled", "both", False), ("bare", "both", False)),
        ("passages over whole pages", ("titled", "both", True), ("whole", "both", True)),
    ):
        gains = [a - b for a, b in zip(test[one], test[other], strict=True)]
        low, high = interval(gains)
        print(f"  gain on test, {title}: {np.mean(gains):+.3f} ({low:+.3f} to {high:+.3f})")


def _cell(scores: Scores, form: str, pages: bool) -> str:
    means = [f"{way} {np.mean(scores[form, way, pages]):.3f}" for way in WAYS if (form, way, pages) in scores]
    return "  ".join(means)


def _show_coverage(asked: Bench, judged: Mapping[str, Judgement]) -> None:
    """Readings: what the greatest cosine tells of a question that has no answer."""
    kinds: dict[str, list[float]] = {}
    for question in questions():
        kinds.setdefault(judged[question.id].none or "answered", []).append(asked.nearest(question))
    print("\ngreatest cosine, all questions: least, median, most")
    for kind, values in kinds.items():
        print(f"  {kind:<14}{min(values):.2f}  {np.median(values):.2f}  {max(values):.2f}  ({len(values)})")


def _show_conflicts(asked: Bench) -> None:
    """Readings: what the flag `conflict` tells of."""
    kept = asked.forms["titled"]
    print(f"\nconflict, above a cosine of {kept.settings.conflict_above:g}")
    for line in conflicts.readings(kept.vectors, kept.settings.conflict_above):
        print(f"  {line}")


def _faults(test: Scores) -> list[str]:
    """What must not be on the half that nothing was chosen on."""
    mean = {key: float(np.mean(values)) for key, values in test.items()}
    faults: list[str] = []
    lost = max(mean["titled", way, False] for way in ("words", "meaning")) - mean["titled", "both", False]
    if lost > NOISE:
        faults.append(f"fusion loses {lost:.3f} against its better half")
    if mean["titled", "both", False] < mean["bare", "both", False]:
        faults.append("title and headings before a passage lower the ranking")
    if mean["titled", "both", True] < mean["whole", "both", True] - NOISE:
        faults.append("pages in passages are found worse than whole ones")
    return faults


if __name__ == "__main__":
    main()
