"""Whose address a request comes from, for counting only; links and origins are never made from it."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import Request

Network = IPv4Network | IPv6Network


def caller_address(request: Request, proxies: Sequence[Network]) -> str:
    """The address that asks: the socket's, or, when that is one of our proxies, the last one that is none of ours.

    An IPv6 network of 64 bits counts as one: whoever has one address in it has them all.
    """
    address = request.client.host if request.client else "-"
    forwarded = [part.strip() for part in ",".join(request.headers.getlist("x-forwarded-for")).split(",")]
    while _within(address, proxies) and forwarded and forwarded[-1]:
        address = forwarded.pop()
    return _counted_as(address)


def read_proxies(text: str) -> tuple[Network, ...]:
    """Addresses and networks separated by commas. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _within(address: str, proxies: Sequence[Network]) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        return False
    return any(known in network for network in proxies)


def _counted_as(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address[:64]
    return str(ip_network((known, 64), strict=False)) if isinstance(known, IPv6Address) else str(known)
