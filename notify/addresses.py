"""Where posts may go: out of the house, never to something inside it.

Asked when an address is saved and again at each attempt, for what it then resolves to. Names in
settings.OUTGOING_ALLOWED_HOSTS (with a port where it isn't 80 or 443) are the operator's exceptions, for receivers in
the company's own network.
"""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from django.conf import settings

from revops.lib.errors import Invalid

PORTS = {"http": 80, "https": 443}
LONGEST = 600
# A letter, digit or hyphen in each part; no underscore, no dot of another script, no blank.
NAME = re.compile(
    r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.?", re.ASCII
)
UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
NUMBER = re.compile(r"(0[xX][0-9a-fA-F]*|[0-9]+)", re.ASCII)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# What Python doesn't call private in every version, and what carries an inner address inside a public-looking one.
INSIDE = [
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64",
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7",
        "fe80::/10", "fec0::/10", "ff00::/8",
    )
]  # fmt: skip


def check(url: str) -> str:
    """The address as it may be kept, or Invalid with a sentence. Asks the name service; connects to nothing."""
    host, port = parts(url)
    if not is_allowed(host, port):
        resolved(host, port)
    return url


def parts(url: str) -> tuple[str, int]:
    """(host, port) of an address that may be written so at all; Invalid otherwise."""
    if len(url) > LONGEST or UNSAFE.search(url) or not url.isascii():
        raise _no("Write the address in plain letters, without blanks.")
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        raise _no("This address can't be read.") from None
    host = (split.hostname or "").rstrip(".")
    if split.scheme not in PORTS or not host:
        raise _no("The address begins with https:// and names a host.")
    if "@" in split.netloc:
        raise _no("The address carries no user name or password.")
    port = port or PORTS[split.scheme]
    if is_allowed(host, port):
        return host, port
    if port not in PORTS.values():
        raise _no("Only the ports 80 and 443 are posted to.")
    if "%" in host:
        raise _no("The address names no part of this machine.")
    if not split.netloc.startswith("["):
        if not NAME.fullmatch(host):
            raise _no("This host's name can't be read.")
        if NUMBER.fullmatch(host.rpartition(".")[2]) and not _is_plain_ipv4(host):
            raise _no("Write a numeric address as four numbers.")
    return host, port


def is_allowed(host: str, port: int) -> bool:
    """Whether the operator named it: `host` for the usual ports, `host:port` for another."""
    listed = settings.OUTGOING_ALLOWED_HOSTS
    return f"{host}:{port}" in listed or (port in PORTS.values() and host in listed)


def resolved(host: str, port: int) -> list[Address]:
    """All addresses the name stands for, each of them outside; Invalid when one isn't or there is none. What it
    resolved to is not said: the answer must not tell anybody about the inside."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _no("No such host is known, or it is inside this network.") from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not addresses or not all(is_outside(address) for address in addresses):
        raise _no("No such host is known, or it is inside this network.")
    return addresses


def is_outside(address: Address) -> bool:
    """Whether this is one public machine. An IPv4 address in IPv6 clothes is judged by what it wears them for."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_private or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    return not any(address.version == net.version and address in net for net in INSIDE)


def _is_plain_ipv4(host: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False


def _no(sentence: str) -> Invalid:
    return Invalid(sentence, field="url", code="address")
