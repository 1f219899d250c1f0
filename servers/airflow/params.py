"""The parameters of a DAG: what a run is given is checked before Airflow sees it."""

from collections.abc import Mapping
from typing import Any

import jsonschema
from jsonschema.exceptions import SchemaError, ValidationError

from platform_core import Invalid
from servers.airflow.shapes import Param


def must_fit(conf: Mapping[str, Any], params: Mapping[str, Param]) -> None:
    """Return if `conf` fits the DAG's parameters; Airflow itself takes unknown names without a word."""
    if unknown := sorted(conf.keys() - params.keys()):
        known = ", ".join(sorted(params)) or "none"
        raise Invalid(f"The DAG has no parameter {unknown[0]!r}; it has: {known}.")
    for name, param in params.items():
        _must_fit(name, conf.get(name, param.value), param)


def _must_fit(name: str, value: Any, param: Param) -> None:
    try:
        jsonschema.validate(value, param.schema)
    except ValidationError as error:
        raise Invalid(f"{name}: {error.message}. Its schema is {param.schema}.") from None
    except SchemaError:
        return  # the DAG's own fault: Airflow, which knows what it meant, decides
