"""Two rankings made one."""

from servers.knowledge.index.fusion import FLOOR, by_ranks, by_scores

NEAR = [(1, 0.9), (2, 0.5), (3, 0.1)]


def test_what_both_rankings_have_near_the_top_comes_first() -> None:
    words = [(3, 12.0), (2, 11.0), (4, 2.0)]
    assert by_ranks(NEAR, words, 60)[:2] == [3, 2]
    assert by_scores(NEAR, words, 0.5)[0] == 2


def test_one_ranking_alone_keeps_its_order() -> None:
    for meaning, words in ((NEAR, []), ([], NEAR)):
        assert by_ranks(meaning, words, 60) == [1, 2, 3]
        assert by_scores(meaning, words, 0.7) == [1, 2, 3]
    assert by_scores([], [], 0.7) == []


def test_scores_count_within_their_own_ranking_whatever_their_size() -> None:
    words = [(4, 7.0), (2, 6.0), (3, 1.0)]
    larger = [(key, 1000 * score) for key, score in words]
    assert by_scores(NEAR, words, 0.7) == by_scores(NEAR, larger, 0.7)


def test_a_longer_ranking_moves_nobody_near_the_top() -> None:
    near = [(key, 1 - key / 1000) for key in range(500)]
    words = [(key, 20 + key / 100) for key in range(499, 0, -1)]
    short = by_scores(near[:FLOOR], words[:FLOOR], 0.7)
    assert by_scores(near, words, 0.7)[:20] == short[:20]


def test_equal_scores_stand_in_one_order() -> None:
    same = [(9, 1.0), (4, 1.0)]
    assert by_scores(same, same, 0.7) == by_ranks(same, same, 60) == [9, 4]
