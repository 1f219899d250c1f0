"""Whoever weakens a verdict, or a check of who asks and what is obeyed, by one step is found out by a test."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.extra
PROVED_BY = {
    "platform_core.policy.decide": [
        *("policy/test_decide.py", "policy/test_reach.py", "policy/test_services.py", "policy/test_suspend.py"),
        *("policy/test_templates.py", "policy/test_decide_for_all.py"),
    ],
    "platform_core.policy.expression": ["policy/test_expression.py"],
    "platform_core.policy.authorize": ["policy/test_authorize.py"],
    "platform_core.policy.suspend": ["policy/test_suspend.py"],
    "platform_core.policy.suspended": ["policy/test_suspended.py"],
    "platform_core.policy.lease": ["policy/test_lease.py"],
    "platform_core.policy.obeyed": ["policy/test_obeyed.py"],
    "platform_core.policy.keys": ["policy/test_keys.py"],
    "platform_core.auth.border": ["auth/test_border.py"],
    "platform_core.auth.clients": ["auth/test_clients.py", "auth/test_principal.py"],
    "platform_core.auth.tokens": [
        *("auth/test_claims.py", "auth/test_limits.py", "auth/test_tokens.py", "auth/test_clients.py"),
    ],
}
KNOWN = Path(__file__).with_name("alive.txt")


@pytest.fixture(scope="module")
def alive() -> set[str]:
    """Everything that lives, in all modules."""
    return {statement for module, tests in PROVED_BY.items() for statement in _survivors(module, tests)}


def test_no_mutant_that_lets_somebody_in_is_alive(alive: set[str]) -> None:
    assert not [statement for statement in alive if not any(known.fullmatch(statement) for known in _known())]


def test_no_mutant_on_the_list_has_died(alive: set[str]) -> None:
    assert not [known.pattern for known in _known() if not any(known.fullmatch(statement) for statement in alive)]


def _survivors(module: str, tests: list[str]) -> list[str]:
    paths = [f"tests/platform_core/{test}" for test in tests]
    command = [sys.executable, "-m", "tests.mutants.proving", module, *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [line.partition(": ")[2] for line in done.stdout.splitlines()]


def _known() -> list[re.Pattern[str]]:
    lines = [line.partition("  # ") for line in KNOWN.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all(why for _, _, why in lines), f"{KNOWN.name}: say why a mutant may live"
    return [re.compile(re.escape(statement).replace(r"\.\.\.", ".*")) for statement, _, _ in lines]
