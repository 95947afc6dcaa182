"""Posts go out of the house, never to something inside it, however its address is written."""

import socket

import pytest

from notify import addresses
from revops.lib.errors import Invalid

# Nothing is looked up for the first: the operating system reads them as numbers.
INSIDE = """
http://127.0.0.1/ http://127.0.0.1:80/ https://127.8.9.10/ http://127.1/ http://127.0.1/ http://2130706433/
http://0x7f000001/ http://0x7f.0.0.1/ http://0177.0.0.1/ http://017700000001/ http://0/ http://0.0.0.0/
http://10.0.0.1/ http://10.255.255.255/ http://172.16.0.1/ http://172.31.255.254/ http://192.168.1.1/
http://192.168.257/ http://169.254.169.254/ http://169.254.169.254./latest/ http://0xa9fea9fe/ http://2852039166/
http://0251.0376.0251.0376/ http://100.64.0.1/ http://100.127.255.254/ http://192.0.0.1/ http://192.0.2.7/
http://192.88.99.1/ http://198.18.0.1/ http://198.19.255.255/ http://198.51.100.7/ http://203.0.113.7/
http://224.0.0.1/ http://239.255.255.250/ http://240.0.0.1/ http://255.255.255.255/
http://[::1]/ http://[::]/ http://[0:0:0:0:0:0:0:1]/ http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/
http://[::ffff:10.0.0.1]/ http://[::127.0.0.1]/ http://[::ffff:0:127.0.0.1]/ http://[64:ff9b::7f00:1]/
http://[64:ff9b::169.254.169.254]/ http://[64:ff9b:1::1]/ http://[2002:7f00:1::]/ http://[2002:a00:1::1]/
http://[2001::1]/ http://[2001:20::1]/ http://[2001:db8::1]/ http://[100::1]/ http://[5f00::1]/ http://[3fff::1]/
http://[fc00::1]/ http://[fd12:3456::1]/ http://[fe80::1]/ http://[febf::1]/ http://[fec0::1]/ http://[ff02::1]/
http://[ff0e::1]/ http://localhost/ http://LOCALHOST/ http://localhost./
""".split()  # fmt: skip
# Not even asked: these can't be an address that anybody gave us honestly.
UNREADABLE = [
    "ftp://hooks.example/", "file:///etc/passwd", "gopher://hooks.example/", "//hooks.example/", "hooks.example", "",
    "http://", "http:///x", "https://user@hooks.example/", "https://hooks.example@127.0.0.1/", "http://127。0。0。1/",
    "http://①②⑦.⓪.⓪.①/", "http://hooks.example:8080/", "http://hooks.example:22/", "http://hooks.example:99999/",
    "http://hooks.example:0x50/", "http://hooks.example\\@127.0.0.1/", "http://hooks.example/\r\nHost: inside",
    "http://hooks example/", "http://127.0.0.1%00.hooks.example/", "http://[::1%25lo]/", "http://[fe80::1%25eth0]/", "http://[::1/",
    "http://hooks..example/", "http://-hooks.example/", "http://hooks.example/" + "x" * 600, "http://1.2.3/",
    "http://08.8.8.8/", "http://8.8.8.8.8/", "http://0x8.8.8.8/", "http://hooks_.example/", "http://\u2139.example/",
]  # fmt: skip


def names(monkeypatch, *found):
    """The name service answers with these, whatever is asked."""
    family = {True: socket.AF_INET6, False: socket.AF_INET}
    answers = [(family[":" in one], socket.SOCK_STREAM, 6, "", (one, 443)) for one in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)


def test_the_table_is_long_enough():
    assert len(INSIDE) >= 60 and len(set(INSIDE)) == len(INSIDE)


@pytest.mark.parametrize("url", INSIDE)
def test_inside_is_refused(url):
    with pytest.raises(Invalid):
        addresses.check(url)


@pytest.mark.parametrize("url", UNREADABLE)
def test_what_is_written_oddly_is_refused(url, monkeypatch):
    names(monkeypatch, "93.184.215.14")
    with pytest.raises(Invalid):
        addresses.check(url)


@pytest.mark.parametrize("inside", [url.partition("//")[2].rstrip("/").strip("[]") for url in INSIDE if "[" in url])
def test_a_name_that_stands_for_it_is_refused(inside, monkeypatch):
    names(monkeypatch, "93.184.215.14", inside)
    with pytest.raises(Invalid, match="No such host is known, or it is inside"):
        addresses.check("https://hooks.example/x")


def test_an_unknown_name_and_an_inner_one_look_alike(monkeypatch):
    said = []
    for answer in (("10.0.0.1",), ()):
        names(monkeypatch, *answer)
        with pytest.raises(Invalid) as refusal:
            addresses.check("https://hooks.example/x")
        said.append(refusal.value.detail)
    assert said[0] == said[1]


@pytest.mark.parametrize("outside", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_outside_is_allowed(outside, monkeypatch):
    names(monkeypatch, outside)
    assert addresses.check("https://hooks.example/services/x") == "https://hooks.example/services/x"
    assert addresses.check("http://hooks.example./")


def test_the_operator_may_name_a_host_inside(settings, monkeypatch):
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1:9001", "chat.intern"]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("the operator knows it"))
    assert addresses.check("http://127.0.0.1:9001/x") and addresses.check("https://chat.intern/x")
    for url in ("http://127.0.0.1:9002/x", "http://chat.intern:9001/x"):
        with pytest.raises(Invalid):
            addresses.check(url)
