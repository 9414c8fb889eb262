"""Which IP addresses a partner's URL may lead to: public unicast ones, and nothing else.

Follows the IANA special-purpose address registries (RFC 6890 and its updates). An IPv6 form
that carries an IPv4 address (mapped, 6to4, NAT64, Teredo) is judged by what it carries.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_REFUSED_V4: tuple[tuple[IPv4Network, str], ...] = (
    (IPv4Network("0.0.0.0/8"), "unspecified"),
    (IPv4Network("10.0.0.0/8"), "private"),
    (IPv4Network("100.64.0.0/10"), "carrier-grade NAT"),
    (IPv4Network("127.0.0.0/8"), "loopback"),
    # A public address that is a cloud's own metadata service.
    (IPv4Network("168.63.129.16/32"), "metadata"),
    (IPv4Network("169.254.0.0/16"), "link-local"),
    (IPv4Network("172.16.0.0/12"), "private"),
    (IPv4Network("192.0.0.0/24"), "reserved"),
    (IPv4Network("192.0.2.0/24"), "documentation"),
    (IPv4Network("192.88.99.0/24"), "reserved"),
    (IPv4Network("192.168.0.0/16"), "private"),
    (IPv4Network("198.18.0.0/15"), "reserved"),
    (IPv4Network("198.51.100.0/24"), "documentation"),
    (IPv4Network("203.0.113.0/24"), "documentation"),
    (IPv4Network("224.0.0.0/4"), "multicast"),
    (IPv4Network("240.0.0.0/4"), "reserved"),
)
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
_REFUSED_V6: tuple[tuple[IPv6Network, str], ...] = (
    (IPv6Network("2001::/23"), "reserved"),
    (IPv6Network("2001:db8::/32"), "documentation"),
    (IPv6Network("3fff::/20"), "documentation"),
)
_NAT64 = IPv6Network("64:ff9b::/96")
_LOOPBACK_V6 = IPv6Address("::1")


def why_refused(address: str, *, allow_loopback: bool = False) -> str | None:
    """Return why an address may not be connected to, None when it may.

    Args:
        address: An IPv4 or IPv6 address as text, with or without a scope id.
        allow_loopback: Whether 127.0.0.0/8 and ::1 are permitted.

    Returns:
        One word for the kind of address, such as "private" or "loopback".

    Raises:
        ValueError: The text is no IP address.
    """
    parsed = ip_address(address)
    carried = (parsed,) if isinstance(parsed, IPv4Address) else _carried(parsed)
    for inner in carried:
        kind = _kind_v4(inner) if isinstance(inner, IPv4Address) else _kind_v6(inner)
        if kind is not None and not (allow_loopback and kind == "loopback"):
            return kind
    return None


def _carried(address: IPv6Address) -> tuple[IPv4Address | IPv6Address, ...]:
    """Return the IPv4 addresses that an IPv6 address stands for, or itself."""
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return (address,)


def _kind_v4(address: IPv4Address) -> str | None:
    return next((kind for network, kind in _REFUSED_V4 if address in network), None)


def _kind_v6(address: IPv6Address) -> str | None:
    if address == _LOOPBACK_V6:
        return "loopback"
    if address not in _GLOBAL_UNICAST_V6:
        return "link-local" if address.is_link_local else "not global unicast"
    return next((kind for network, kind in _REFUSED_V6 if address in network), None)
