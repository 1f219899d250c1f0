"""How the command line becomes arguments."""

import pytest

from surfaces.cli import reading
from surfaces.cli.arguments import parse
from surfaces.cli.failures import Unreachable, Unusable
from surfaces.cli.places import trusted


def test_words_are_text_unless_they_say_json() -> None:
    words = ["sql=select 1 = 1", "limit:=5", "tags:=[1, 2]", "empty="]
    assert parse(words, None) == {"sql": "select 1 = 1", "limit": 5, "tags": [1, 2], "empty": ""}


def test_a_word_wins_over_the_object_beneath() -> None:
    assert parse(["limit:=5"], '{"limit": 1, "sql": "x"}') == {"limit": 5, "sql": "x"}


@pytest.mark.parametrize("word", ["limit", "=5", ":=5", "limit:=five"])
def test_a_word_that_is_no_argument_is_quoted_back(word: str) -> None:
    with pytest.raises(Unusable, match=f"'{word}'"):
        parse([word], None)


@pytest.mark.parametrize("beneath", ["[1]", "not json", '"text"'])
def test_the_object_beneath_is_an_object(beneath: str) -> None:
    with pytest.raises(Unusable, match="--json takes one JSON object"):
        parse([], beneath)


@pytest.mark.parametrize("text", ["a\x1b[31mb", "a\x9bb", "a\x07b", "a\u202eb", "a\rb"])
def test_what_is_printed_holds_no_control_characters(text: str) -> None:
    assert reading.printable(text)[0] == "a"
    assert all(character.isprintable() for character in reading.printable(text))


@pytest.mark.parametrize("answer", ["<html>", "[]", '{"name": 5}', "{}"])
def test_an_answer_of_another_shape_is_not_guessed_at(answer: str) -> None:
    with pytest.raises(Unreachable):
        reading.text(reading.fields(answer, "it"), "name", "it")


@pytest.mark.parametrize("url", ["https://seedbed.example.com", "http://localhost:8080", "http://[::1]:8080"])
def test_https_and_this_machine_are_trusted(url: str) -> None:
    assert trusted(url, "it") == url


@pytest.mark.parametrize(
    "url", ["http://example.com", "http://127.0.0.1.example.com", "https://", "https://x/?a=b", ""]
)
def test_nothing_else_is(url: str) -> None:
    with pytest.raises(Unusable):
        trusted(url, "it")
