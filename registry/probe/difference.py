"""Are the live tools the registered ones?"""

from mcp.types import Tool

from platform_core.registration.contract import Contract


def difference(contract: Contract, tools: list[Tool]) -> str | None:
    """In words, where the live tools are not the registered ones; nothing where they are."""
    live = {tool.name: (tool.description or "").strip() for tool in tools}
    promised = {name: promise.description.strip() for name, promise in contract.tools.items()}
    faults = {
        "does not list": promised.keys() - live.keys(),
        "lists unregistered": live.keys() - promised.keys(),
        "describes differently": {name for name in promised.keys() & live.keys() if promised[name] != live[name]},
    }
    return "; ".join(f"{what} {_some(names)}" for what, names in faults.items() if names) or None


def _some(names: set[str]) -> str:
    shown = sorted(names)[:5]
    return ", ".join(shown) + (f" and {len(names) - len(shown)} more" if len(names) > len(shown) else "")
