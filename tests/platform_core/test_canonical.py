"""One value has one byte form, on every machine and for every library."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_core.canonical import canonical, digest

texts = st.text(st.characters(exclude_categories=["Cs"]))
values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=10,
)


def test_the_form_is_sorted_compact_and_utf8() -> None:
    assert canonical({"b": [1, True, None], "a": "ü"}) == '{"a":"ü","b":[1,true,null]}'.encode()


def test_a_digest_says_its_kind_and_is_the_same_for_ever() -> None:
    assert digest({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@given(values)
def test_a_value_survives_its_form(value: Any) -> None:
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(texts, values, max_size=5))
def test_the_order_of_writing_is_no_difference(value: dict[str, Any]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_json_cant_say_has_no_form(number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"a": [number]})


@pytest.mark.parametrize("thing", [object(), b"x", {1, 2}, 1j])
def test_what_is_no_json_has_no_form(thing: object) -> None:
    with pytest.raises(TypeError):
        canonical(thing)
