from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiif_dedup.fetch.addresses import why_refused

PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
REFUSED = {
    "127.0.0.1": "loopback",
    "127.255.0.3": "loopback",
    "::1": "loopback",
    "::ffff:127.0.0.1": "loopback",
    "10.1.2.3": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "169.254.169.254": "link-local",
    "::ffff:169.254.169.254": "link-local",
    "168.63.129.16": "metadata",
    "100.100.100.200": "carrier-grade NAT",
    "192.0.0.192": "reserved",
    "198.19.0.1": "reserved",
    "0.0.0.0": "unspecified",
    "::": "not global unicast",
    "224.0.0.251": "multicast",
    "ff02::1": "not global unicast",
    "255.255.255.255": "reserved",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "fd00:ec2::254": "not global unicast",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "loopback",
    "2002:a9fe:a9fe::": "link-local",
    "64:ff9b::a9fe:a9fe": "link-local",
    "64:ff9b:1::a00:1": "not global unicast",
    "::7f00:1": "not global unicast",
    # Teredo: the client's address is stored inverted in the last 32 bits.
    "2001:0:808:808::8000:fffe": "loopback",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_permitted(address: str) -> None:
    assert why_refused(address) is None


@pytest.mark.parametrize(("address", "kind"), REFUSED.items())
def test_every_other_address_is_refused_by_its_kind(address: str, kind: str) -> None:
    assert why_refused(address) == kind


def test_loopback_is_permitted_on_request_and_nothing_else_with_it() -> None:
    permitted = {a for a in REFUSED if why_refused(a, allow_loopback=True) is None}

    assert permitted == {a for a, kind in REFUSED.items() if kind == "loopback"}


def test_a_host_name_is_no_address() -> None:
    with pytest.raises(ValueError, match="localhost"):
        why_refused("localhost")


@given(st.ip_addresses())
def test_nothing_that_the_standard_library_calls_special_is_permitted(
    address: IPv4Address | IPv6Address,
) -> None:
    carries_ipv4 = isinstance(address, IPv6Address) and (
        address.ipv4_mapped or address.sixtofour or address in IPv6Network("64:ff9b::/96")
    )
    if why_refused(str(address)) is None and not carries_ipv4:
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


@given(st.ip_addresses(v=4))
def test_forms_that_carry_an_ipv4_address_are_judged_like_it(address: IPv4Address) -> None:
    number = int(address)
    forms = [
        f"::ffff:{address}",
        str(IPv6Address((0x2002 << 112) | (number << 80))),
        str(IPv6Address(int(ip_address("64:ff9b::")) | number)),
        str(IPv6Address((0x20010000 << 96) | (0x08080808 << 64) | (number ^ 0xFFFFFFFF))),
    ]

    assert {why_refused(form) for form in forms} == {why_refused(str(address))}
