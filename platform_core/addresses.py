"""Which network addresses are of the open internet, and which of our own an operator lets be reached."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Annotated

from pydantic import BeforeValidator

Address = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")
_LAST_32 = 0xFFFF_FFFF


def public(address: Address) -> bool:
    """Whether `address` is of the open internet; one that stands inside another is judged too."""
    if isinstance(address, IPv4Address):
        return _global(address)
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in _NAT64:
        inner = IPv4Address(int(address) & _LAST_32)
    if inner is not None:
        return _global(inner)
    return _global(address) and not (address.is_site_local or address.teredo)


def _global(address: Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved)


@dataclass(frozen=True, slots=True)
class AllowedNetwork:
    """A part of our own network that may be reached after all."""

    network: IPv4Network | IPv6Network
    port: int | None
    """The one port, or every port."""

    def covers(self, address: Address, port: int) -> bool:
        return address in self.network and self.port in (None, port)


def _parsed(value: object) -> object:
    if not isinstance(value, str):
        return value
    network, colon, port = value.rpartition(":")
    if not colon or (":" in network and not network.endswith("]")):
        return AllowedNetwork(ip_network(value), None)
    return AllowedNetwork(ip_network(network.strip("[]")), int(port))


Allowed = Annotated[AllowedNetwork, BeforeValidator(_parsed)]
"""`10.2.0.0/16`, or one port of it: `10.2.0.7:8443`, `[fd00::7]:8443`."""
