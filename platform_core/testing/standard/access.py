"""Checks of who may do what, and of what is asked first."""

import re
from collections.abc import Iterator
from typing import Any

from platform_core.policy.artefact import BROWSE, PolicyArtefact, ToolRule
from platform_core.policy.expressible import inexpressible
from platform_core.policy.expression import Expression
from platform_core.registration.contract import Registration, ToolPromise
from platform_core.testing.standard.finding import Fault

_A_YES = re.compile(r"(?:is_|user_)?(?:confirm(?:ed|ation)?|approved?|approval|consent|force|sure|yes)")


def named_policies(said: Registration) -> Iterator[Fault]:
    """Each thing that a caller can reach has a policy, and the manifest says who that is."""
    contract, known = said.contract, said.manifest.proposes.policies
    for name, promise in [*contract.tools.items(), *contract.resources.items(), *contract.prompts.items()]:
        if promise.policy not in known:
            yield Fault(
                what=f"{name} stands behind the policy {promise.policy!r}, which nobody defined",
                how=f"define {promise.policy} under `proposes.policies` in server.yaml, or name another",
            )


def enforceable_policies(said: Registration) -> Iterator[Fault]:
    """Each policy says who may, and is flat enough for the proxy."""
    for name, expression in sorted(said.manifest.proposes.policies.items()):
        if (why := inexpressible(_alone(said, name, expression))) is not None:
            yield Fault(what=why.partition(": ")[0], how=why.partition(": ")[2])


def nothing_sensitive_to_browse(said: Registration) -> Iterator[Fault]:
    """The wider list of business groups opens no tool that changes data or shows restricted data."""
    for name, tool in said.contract.tools.items():
        if tool.policy == BROWSE and _sensitive(tool):
            yield Fault(
                what=f"{name} is sensitive (risk {tool.risk}, data {tool.data_class}) and stands behind `{BROWSE}`",
                how=f"give it another policy: `{BROWSE}` is what people outside the business groups may use",
            )


def changes_ask(said: Registration) -> Iterator[Fault]:
    """A tool that changes data has a question before it."""
    for name, tool in said.contract.tools.items():
        if tool.risk == "change" and tool.approval is None:
            yield Fault(
                what=f"{name} changes data and asks nobody",
                how='put @requires_approval("...?") under its @authorize_tool: target and effect, in numbers',
            )


def no_argument_is_a_yes(said: Registration) -> Iterator[Fault]:
    """A model fills arguments in, so none of them may stand for a person's consent."""
    for name, tool in said.contract.tools.items():
        for argument, schema in _arguments(tool):
            if _A_YES.fullmatch(argument.lower()) and "boolean" in str(schema):
                yield Fault(
                    what=f"{name} takes {argument!r}, which a model can set by itself",
                    how="remove it; where a person's yes is meant, use @requires_approval",
                )


def _arguments(tool: ToolPromise) -> Iterator[tuple[str, Any]]:
    yield from tool.input.get("properties", {}).items()


def _sensitive(tool: ToolPromise) -> bool:
    return ToolRule(policy=tool.policy, risk=tool.risk, data_class=tool.data_class).sensitive


def _alone(said: Registration, name: str, expression: Expression) -> PolicyArtefact:
    """A policy artefact with nothing in it but the one policy."""
    proposes = said.manifest.proposes
    return PolicyArtefact(
        server=said.manifest.name, environment="dev", version=1, issued_at=0, not_after=1, reviews=(),
        contract_digest=said.contract.digest, reach=proposes.reach, gate=proposes.gate,
        policies={name: expression}, tools={}, how_to_ask=said.manifest.how_to_ask,
    )  # fmt: skip
