"""What hostile and broken servers do, each as the page that stands in the place of a good one.

docs/explanation/hostile-servers.md says of every case what becomes of it; the tests read it there.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.partners.misbehaving import MisbehavingServer

Page = Callable[[MisbehavingServer, bytes], Any]
"""Makes a page of `tests.harvesters.partner.Partner`, given the good document in its place."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that a server may do.

    Attributes:
        name: Row in the document.
        page: What it answers.
        slow: Whether it takes the whole time of a request.
    """

    name: str
    page: Page
    slow: bool = False


def moved(url: str) -> tuple[bytes, dict[str, str], int]:
    return b"", {"Location": url}, 302


def _behaving(name: str, path: str, *, slow: bool = False) -> Case:
    return Case(name, lambda server, _good: moved(server.url(path)), slow=slow)


def _redirecting(name: str, url: str) -> Case:
    return Case(name, lambda _server, _good: moved(url))


def _status(status: int, **headers: str) -> Case:
    named = "".join(f", {name.replace('_', '-')}: {value}" for name, value in headers.items())
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Case(f"{status}{named}", lambda _server, _good: (b"refused", sent, status))


def _wrapped(name: str, wrap: Callable[[bytes], Any]) -> Case:
    return Case(name, lambda _server, good: wrap(good))


def _body(name: str, body: bytes) -> Case:
    return Case(name, lambda _server, _good: body)


def _value(value: Any) -> Case:
    return _body(f"the JSON value {json.dumps(value)}", json.dumps(value).encode())


TRANSPORT: tuple[Case, ...] = (
    _behaving("never answers", "/stall", slow=True),
    _behaving("stops after the headers", "/stall-body", slow=True),
    _behaving("a byte of a header now and then", "/drip-headers", slow=True),
    _behaving("a byte of a chunk's size now and then", "/drip-chunks", slow=True),
    _behaving("a byte of the body now and then", "/drip-body", slow=True),
    _behaving("100 Continue without end", "/continue", slow=True),
    _behaving("bytes without end", "/huge"),
    _behaving("chunks without end", "/huge-chunks"),
    _behaving("Content-Length of 10 GiB", "/ten-gigabytes"),
    _behaving("gzip bomb", "/gzip-bomb"),
    _behaving("deflate bomb", "/deflate-bomb"),
    _behaving("packed twenty times", "/gzip-nested"),
    _behaving("garbage called gzip", "/gzip-broken"),
    _behaving("body cut off", "/cut"),
    _behaving("connection reset", "/reset"),
    _behaving("connection closed without an answer", "/nothing"),
    _behaving("broken chunks", "/broken-chunks"),
    _behaving("thousands of headers", "/many-headers"),
    _behaving("a header of 1 MiB", "/long-header"),
    _behaving("two lengths", "/two-lengths"),
    _behaving("another protocol than HTTP", "/no-http"),
    _behaving("a body without a head", "/old-http"),
    _behaving("redirects in a circle", "/loop"),
    _behaving("more redirects than are followed", "/redirects/20"),
    _behaving("redirect to nowhere", "/redirect"),
    _redirecting("redirect to a file", "file:///etc/passwd"),
    _redirecting("redirect to ftp", "ftp://a.example/x"),
    _redirecting("redirect to javascript", "javascript:alert(1)"),
    _redirecting("redirect to data", "data:application/json,{}"),
    _redirecting("redirect with a password", "http://user:password@a.example/"),
    _redirecting("redirect to a host with a blank", "http://a b/"),
    _redirecting("redirect to a host of 300 letters", f"http://{'a' * 300}.example/"),
    _redirecting("redirect to port 0", "http://a.example:0/"),
    _redirecting("redirect to a private address", "http://10.0.0.1/"),
    _redirecting("redirect to another private address", "http://192.168.1.1/"),
    _redirecting("redirect to a metadata service", "http://169.254.169.254/latest/meta-data/"),
    _redirecting("redirect to a public metadata service", "http://168.63.129.16/"),
    _redirecting("redirect to an IPv6-mapped address", "http://[::ffff:10.0.0.1]/"),
    _redirecting("redirect to an IPv6 metadata service", "http://[fd00:ec2::254]/"),
    _redirecting("redirect to a link-local IPv6 address", "http://[fe80::1]/"),
    _redirecting("redirect to NAT64 of a private address", "http://[64:ff9b::a00:1]/"),
    _redirecting("redirect to 6to4 of a private address", "http://[2002:a00:1::]/"),
    _redirecting("redirect to a decimal address", "http://167772161/"),
    _redirecting("redirect to an octal address", "http://012.0.0.1/"),
    _redirecting("redirect to a hexadecimal address", "http://0xa.0.0.1/"),
    _redirecting("redirect to a short address", "http://10.1/"),
    _redirecting("redirect to the unspecified address", "http://0.0.0.0/"),
    _redirecting("redirect to multicast", "http://224.0.0.1/"),
    _redirecting("redirect to a name that does not exist", "http://nowhere.invalid/"),
    _status(204),
    _status(300),
    _status(304),
    _status(400),
    _status(401),
    _status(403),
    _status(404),
    _status(410),
    _status(500),
    _status(501),
    _status(503),
    _status(503, Retry_After="86400"),
    _status(429, Retry_After="86400"),
    _status(429, Retry_After="soon"),
    _status(999),
    _wrapped("announced as something else", lambda good: (good, {"Content-Type": "image/x-y"})),
    _wrapped("announced twice", lambda good: (good, {"content-type": "a/b", "Content-type": "c"})),
    _wrapped("sets cookies", lambda good: (good, {"Set-Cookie": "id=1; Domain=127.0.0.1; Path=/"})),
    _wrapped(
        "an ETag that is none", lambda good: (good, {"ETag": '"a\x7fb', "Last-Modified": "?"})
    ),
    _wrapped(
        "packed as announced",
        lambda good: (gzip.compress(good), {"Content-Encoding": "gzip"}),
    ),
)
"""Through every harvester and for pictures."""

JSON: tuple[Case, ...] = (
    _body("an empty body", b""),
    _body("blanks", b" \r\n\t "),
    _body("a page of HTML", b"<!DOCTYPE html><html><title>Log in</title></html>"),
    _body("XML", b'<?xml version="1.0"?><OAI-PMH/>'),
    _wrapped("cut in the middle", lambda good: good[: len(good) // 2]),
    _wrapped("two documents", lambda good: good + good),
    _wrapped("garbage behind it", lambda good: good + b"\n</html>"),
    _wrapped("a guard before it", lambda good: b")]}',\n" + good),
    _wrapped("a byte order mark", lambda good: b"\xef\xbb\xbf" + good),
    _wrapped("UTF-16", lambda good: good.decode().encode("utf-16")),
    _body("Latin-1", '{"label": "Aufsatz über Gefäße"}'.encode("latin-1")),
    _body("NUL bytes", bytes(1000)),
    _body("random bytes", bytes(range(256)) * 4),
    _body("a bare NaN", b'{"items": NaN}'),
    _body("a bare Infinity", b'{"items": [-Infinity]}'),
    _body("a number beyond every double", b'{"items": 1e999}'),
    _body("a number of 50,000 digits", b'{"items": ' + b"9" * 50_000 + b"}"),
    _body("50,000 arrays in each other", b"[" * 50_000 + b"]" * 50_000),
    _body("10,000 objects in each other", b'{"items":' * 10_000 + b"1" + b"}" * 10_000),
    _value(None),
    _value(True),
    _value(7),
    _value("text"),
    _value([]),
    _value([[], None]),
    _value({}),
    _value({"": None}),
    _value({"items": {"a": 1}, "type": ["Collection"], "object": 3, "orderedItems": 1}),
    _value({"items": [None, 1, "x", [], {}], "type": "?", "success": True}),
)
"""In the place of JSON."""

_OAI = b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
_DTD = b'<?xml version="1.0"?><!DOCTYPE OAI-PMH ['
XML: tuple[Case, ...] = (
    _body("an empty body", b""),
    _body("a page of HTML", b"<!DOCTYPE html><html><title>Log in</title><br></html>"),
    _body("JSON", b'{"items": []}'),
    _wrapped("cut in the middle", lambda good: good[: len(good) // 2]),
    _wrapped("two documents", lambda good: good + good),
    _wrapped("a byte order mark", lambda good: b"\xef\xbb\xbf" + good),
    _wrapped("packed and not announced", gzip.compress),
    _body("a gzip bomb, not announced", gzip.compress(bytes(20_000_000))),
    _body("NUL bytes", bytes(1000)),
    _body(
        "an encoding that nobody knows",
        b'<?xml version="1.0" encoding="x-none"?>' + _OAI + b"</OAI-PMH>",
    ),
    _body(
        "an entity of a file",
        _DTD + b'<!ENTITY x SYSTEM "file:///etc/passwd">]>' + _OAI + b"&x;</OAI-PMH>",
    ),
    _body(
        "an entity of the network",
        _DTD + b'<!ENTITY x SYSTEM "http://169.254.169.254/">]>' + _OAI + b"&x;</OAI-PMH>",
    ),
    _body(
        "a parameter entity",
        _DTD + b'<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;]>' + _OAI + b"</OAI-PMH>",
    ),
    _body(
        "a DTD of the network",
        b'<!DOCTYPE OAI-PMH SYSTEM "http://127.0.0.1:1/x.dtd">' + _OAI + b"</OAI-PMH>",
    ),
    _body(
        "billion laughs",
        _DTD
        + b'<!ENTITY l0 "lol">'
        + b"".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">'.encode() for n in range(1, 11))
        + b"]>"
        + _OAI
        + b"&l10;</OAI-PMH>",
    ),
    _body(
        "quadratic laughs",
        _DTD + b'<!ENTITY x "' + b"x" * 50_000 + b'">]>' + _OAI + b"&x;" * 20_000 + b"</OAI-PMH>",
    ),
    _body(
        "20,000 elements in each other",
        _OAI + b"<a>" * 20_000 + b"</a>" * 20_000 + b"</OAI-PMH>",
    ),
    _body(
        "15,000 attributes",
        _OAI[:-1] + b" " + b" ".join(b'a%d=""' % n for n in range(15_000)) + b"/>",
    ),
    _body("another root", b'<?xml version="1.0"?><rss version="2.0"/>'),
    _body(
        "no namespace",
        b'<?xml version="1.0"?><OAI-PMH><ListRecords><record/></ListRecords></OAI-PMH>',
    ),
)
"""In the place of XML."""
