"""A secret that somebody put into a call is in no record; ordinary text is in it as it was."""

import json
import string
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from platform_core.telemetry.redaction import ARGUMENTS_CAP, arguments_text, capped, redact
from tests.platform_core.issuer import token

HEX, WORD = "0123456789abcdef", string.ascii_letters + string.digits
PEM = "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----"


def some(letters: str, least: int, most: int = 60) -> st.SearchStrategy[str]:
    return st.text(letters, min_size=least, max_size=most)


CORES = some(WORD, 36)
"""The part of a secret that must not survive."""
SHAPES = [
    "eyJhbGciOi{}.eyJzdWIi.c2ln",
    "ghp_{}",
    "ghs_{}",
    "xoxb-12-{}",
    "sk-proj-{}",
    "Bearer {}1",
    "bearer   {}1",
    "Authorization: Basic {}=",
    "postgres://ana:{}@db/prod",
    "https://:{}@host/",
    "password={}",
    "PASSWORD: {}",
    "passwd='{}'",
    'pwd="{}"',
    '{{"password":"{}"}}',
    '{{"client_secret": "{}"}}',
    '{{\\"api_key\\": \\"{}\\"}}',
    "api-key={}",
    "access_key : {}",
    "token = {}",
    "credentials={}",
    PEM,
    PEM.replace("\n", "\\n"),
    PEM.replace("PRIVATE", "RSA PRIVATE"),
    "-----BEGIN EC PRIVATE KEY-----{}",
]


@pytest.mark.parametrize("shape", SHAPES)
@given(core=CORES, before=st.text(max_size=30), after=st.text(max_size=30), gap=st.sampled_from(" \n\t\"'(=,;:_"))
def test_a_planted_secret_never_survives(shape: str, core: str, before: str, after: str, gap: str) -> None:
    assume(core not in before + after)
    assert core not in redact(before + gap + shape.format(core) + gap + after)


@given(core=some(string.ascii_uppercase + string.digits, 16, 16), gap=st.sampled_from(" \n\"'(=,;:_"))
def test_a_cloud_key_never_survives(core: str, gap: str) -> None:
    assert core not in redact(f"x{gap}AKIA{core}{gap}y")
    assert core not in redact(f"ASIA{core}more")


@pytest.mark.parametrize("quote", ['"', "'", '\\"'])
@given(words=st.lists(some(WORD + ",;:&{}[]=/@ ", 1, 12), min_size=1, max_size=5))
def test_a_quoted_secret_goes_whole_blanks_and_signs_included(quote: str, words: list[str]) -> None:
    secret = "x1 " + " ".join(words)
    shown = redact(f"password={quote}{secret}{quote} and then")
    assert shown == f"password={quote}[redacted]{quote} and then"


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if len(shape) < 60])
@pytest.mark.parametrize("place", range(1, 90, 4))
def test_a_secret_on_the_edge_of_the_cap_is_not_shown_by_half(shape: str, place: int) -> None:
    """Wherever the cut falls in the secret, not even the beginning of it stays."""
    core = "q7Zq9" * 8
    text = "." * (200 - place) + " " + shape.format(core) + " " + "." * 1000
    assert "q7Zq9" not in capped(text, 200)


def test_a_long_text_is_cut_and_says_by_how_much() -> None:
    assert capped("x" * 1000, 400) == "x" * 400 + "... [600 more characters]"
    assert capped("x" * 400, 400) == "x" * 400


ORDINARY = [
    "select n_name, sum(l_extendedprice) from nation group by 1 order by 2 desc limit 10",
    "The basic statistics of the bearer instruments, and a basic understanding of tokens.",
    "Passports, secretaries, keyboards and passengers; the tokenizer's keys.",
    "https://docs.example.com/a:b/c?d=e@f",
    "risk-management-of-the-whole-portfolio, task-force-of-the-whole-house",
    "AKIA is a prefix, eyJ another, ghp_short a third",
    '{"table": "orders", "limit": 100, "columns": ["o_key", "o_total"]}',
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "naïve café ☕ 日本語",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert redact(text) == text


@given(st.lists(st.sampled_from(["select", "nation", "total", "from", "ü", "7", "revenue", "by", "month"])))
def test_ordinary_words_in_any_order_are_left_as_they_are(words: list[str]) -> None:
    assert redact(" ".join(words)) == " ".join(words)


@given(st.text())
def test_redacting_twice_is_redacting_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_a_token_of_the_platform_itself_is_redacted() -> None:
    bearer = token()
    assert redact(f"it said {bearer}!") == "it said [redacted]!"


# -- arguments


def test_arguments_are_compact_json() -> None:
    assert arguments_text({"sql": "select 1", "rows": 3}, frozenset()) == '{"sql":"select 1","rows":3}'


def test_an_argument_that_its_author_called_secret_is_masked_whatever_it_looks_like() -> None:
    shown = arguments_text({"word": "plain", "code": "plain"}, frozenset({"code"}))
    assert json.loads(shown) == {"word": "plain", "code": "[redacted]"}


def test_a_secret_inside_an_argument_is_masked_and_it_is_json_still() -> None:
    shown = arguments_text({"note": 'he said "password": "p q"', "nested": [{"token": "a b"}]}, frozenset())
    assert json.loads(shown) == {"note": 'he said "password": "[redacted]"', "nested": [{"token": "[redacted]"}]}


@pytest.mark.parametrize("secret", [frozenset[str](), frozenset({"code"})])
@pytest.mark.parametrize(
    "odd", [[], [1], "text", 7, {"a": {"b": [None, True, 1.5]}}, {"half": "\ud800"}, {"\udfff": 1}, {"big": 10**40}]
)
def test_arguments_of_any_shape_can_be_remembered(odd: Any, secret: frozenset[str]) -> None:
    assert json.loads(arguments_text(odd, secret)) == odd


def test_long_arguments_are_cut() -> None:
    shown = arguments_text({"sql": "x" * 100_000}, frozenset())
    assert len(shown) < ARGUMENTS_CAP + 100
    assert shown.endswith("more characters]")
