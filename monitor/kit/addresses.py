"""Pure: which addresses lie on the public internet, and what the others are.

In: an address as a socket names its peer. Out: None, or in words why it is not public. The tables are IANA's,
read in October 2025, and our own because `ipaddress.is_global` differs between Python versions (3.11 takes
64:ff9b::/96, 2002::/16, 192.88.99.1, 192.0.0.8, 5f00:: and 224.0.0.1 for global). What they hold is not
public even where a registry calls it globally reachable: nobody receives anything there.

https://www.iana.org/assignments/iana-ipv4-special-registry https://www.iana.org/assignments/multicast-addresses
https://www.iana.org/assignments/iana-ipv6-special-registry https://www.iana.org/assignments/ipv6-address-space
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

_V4 = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared by a carrier's customers",
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": "Azure's own host",  # not IANA's: the one public address that is inside a cloud
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "for protocols",
    "192.0.2.0/24": "for documentation",
    "192.31.196.0/24": "a sink of queries (AS112)",
    "192.52.193.0/24": "a multicast relay (AMT)",
    "192.88.99.0/24": "a 6to4 relay",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "a sink of queries (AS112)",
    "198.18.0.0/15": "for benchmarks",
    "198.51.100.0/24": "for documentation",
    "203.0.113.0/24": "for documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}

_V6 = {
    "::/128": "unspecified",
    "::1/128": "loopback",
    "::ffff:0:0/96": "an IPv4 address in disguise",
    "64:ff9b::/96": "an IPv4 address behind NAT64",
    "64:ff9b:1::/48": "an IPv4 address behind NAT64",
    "100::/64": "discarded",
    "100:0:0:1::/64": "a dummy",
    "2001::/23": "for protocols",  # with Teredo, ORCHID, benchmarks
    "2001:db8::/32": "for documentation",
    "2002::/16": "an IPv4 address behind 6to4",
    "2620:4f:8000::/48": "a sink of queries (AS112)",
    "3fff::/20": "for documentation",
    "5f00::/16": "for segment routing",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "fec0::/10": "private",
    "ff00::/8": "multicast",
}

_SPECIAL_V4 = tuple((IPv4Network(network), kind) for network, kind in _V4.items())
_SPECIAL_V6 = tuple((IPv6Network(network), kind) for network, kind in _V6.items())

_UNICAST = IPv6Network("2000::/3")
"""The only part of IPv6 from which public addresses are given out; all around it is reserved."""


def special(text: str) -> str | None:
    """Return what makes this address not public, None where it is; what is no address is not public."""
    try:
        address = ip_address(text)
    except ValueError:
        return "no address"
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _SPECIAL_V4 if address in network), None)
    for network, kind in _SPECIAL_V6:
        if address in network:
            return kind
    return None if address in _UNICAST else "reserved"
