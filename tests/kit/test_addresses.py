"""Which addresses are public."""

import pytest

from monitor.kit.addresses import special


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "126.255.255.255", "169.253.255.255",
        "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
        "198.20.0.0", "223.255.255.255", "2600::1", "2001:200::1", "2a00:1450:4001:80b::200e", "3ffe::1",
    ],
)  # fmt: skip
def test_a_public_address_is_public(address: str):
    """Whatever no registry keeps for a purpose of its own, up to the edges of what they keep."""
    assert special(address) is None


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", "this network"),
        ("10.1.2.3", "private"),
        ("100.64.0.1", "carrier"),
        ("100.100.100.200", "carrier"),  # Alibaba's metadata
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "Azure"),
        ("169.254.169.254", "link-local"),  # the metadata of AWS, Azure, Google
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.8", "protocols"),
        ("192.0.0.192", "protocols"),  # Oracle's metadata
        ("192.0.2.1", "documentation"),
        ("192.31.196.1", "AS112"),
        ("192.52.193.1", "AMT"),
        ("192.88.99.1", "6to4"),
        ("192.168.1.1", "private"),
        ("192.175.48.1", "AS112"),
        ("198.18.0.1", "benchmarks"),
        ("198.19.255.255", "benchmarks"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "disguise"),
        ("::ffff:8.8.8.8", "disguise"),
        ("::127.0.0.1", "reserved"),  # "IPv4-compatible", long withdrawn
        ("64:ff9b::7f00:1", "NAT64"),
        ("64:ff9b:1::a00:1", "NAT64"),
        ("100::1", "discarded"),
        ("100:0:0:1::1", "dummy"),
        ("2001::1", "protocols"),  # Teredo
        ("2001:1ff::1", "protocols"),
        ("2001:db8::1", "documentation"),
        ("2002:7f00:1::", "6to4"),
        ("2620:4f:8000::1", "AS112"),
        ("3fff::1", "documentation"),
        ("4000::1", "reserved"),
        ("5f00::1", "segment routing"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "private"),  # AWS's metadata
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "private"),
        ("ff02::1", "multicast"),
    ],
)
def test_any_other_address_says_what_it_is(address: str, kind: str):
    """Every block of the registries, also those that this Python takes for global."""
    assert kind in (special(address) or "public")


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "2130706433", "/run/socket", "1.1.1.1:80"])
def test_what_is_no_address_is_not_public(text: str):
    """A socket names its peer plainly; whatever else comes is refused."""
    assert special(text) == "no address"
