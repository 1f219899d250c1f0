"""What goes to Envoy in binary form is what the compiler said, by the word of the library that defines the form."""

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.text_format import MessageToString

from gateway.compile.binary import encoded
from gateway.compile.schema import schema
from gateway.compile.terms import Json
from tests.gateway.examples import example


def read_twice(kind: str, message: Json) -> tuple[str, str]:
    """The same message by our bytes and by the library's own reading of its JSON, as text."""
    made = GetMessageClass(schema().FindMessageTypeByName(kind))
    ours, theirs = made.FromString(encoded(kind, message)), ParseDict(message, made(), descriptor_pool=schema())
    return MessageToString(ours, descriptor_pool=schema()), MessageToString(theirs, descriptor_pool=schema())


@pytest.mark.parametrize("resource", [*example().listeners, *example().clusters], ids=lambda resource: resource["name"])
def test_a_listener_or_cluster_keeps_every_field(resource: Json) -> None:
    fields = {name: value for name, value in resource.items() if name != "@type"}
    ours, theirs = read_twice(resource["@type"].split("/")[1], fields)
    assert ours == theirs


def test_values_of_every_kind_are_kept() -> None:
    free = {"text": "ü", "yes": True, "number": 1.5, "list": ["a", {"b": False}], "nested": {"c": 2}}
    ours, theirs = read_twice("google.protobuf.Struct", free)
    assert ours == theirs


@pytest.mark.parametrize("seconds", ["0s", "3600s", "0.25s", "1.000000001s"])
def test_a_duration_is_kept_to_the_last_digit(seconds: str) -> None:
    ours, theirs = read_twice("envoy.config.core.v3.HealthCheck", {"timeout": seconds})
    assert ours == theirs


def test_what_was_encoded_before_stands_where_a_message_may() -> None:
    kind, route = "envoy.config.route.v3.VirtualHost", {"name": "r", "match": {"path": "/x"}}
    whole = encoded(kind, {"name": "v", "routes": [route]})
    assert encoded(kind, {"name": "v", "routes": [encoded("envoy.config.route.v3.Route", route)]}) == whole


def test_a_misspelt_field_is_refused() -> None:
    with pytest.raises(ValueError, match="misspelt"):
        encoded("envoy.config.route.v3.Route", {"name": "r", "misspelt": 1})
