"""Who is calling: the address a request came from, past the proxies we know of and no further."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """Past our own PROXIES: of X-Forwarded-For only what they wrote is believed; anybody can send the rest."""
    said = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.PROXIES and said:
        hops = [hop.strip() for hop in said[-1_000:].split(",")]
        found = hops[-min(settings.PROXIES, len(hops))]
    else:
        found = request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(found))
    except ValueError:
        return ""


def group(found: str) -> str:
    """What limits count by: an address, of IPv6 the /64 that one household or server has."""
    try:
        parsed = ip_address(found)
    except ValueError:
        return found
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return found
