"""The numbers that a reader of the security page may rely on: a change of one is a change of promise."""

from platform_core.auth.tokens import MEMO_ENTRIES, MEMO_SECONDS, SKEW


def test_a_token_is_believed_so_long_and_no_longer() -> None:
    assert SKEW == 30
    assert MEMO_SECONDS == 60
    assert MEMO_ENTRIES == 10_000
