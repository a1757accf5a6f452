"""What hostile clients of the HTTP API try, what is expected, and what is seen: as a table."""

import json
import socket
from dataclasses import dataclass

import pytest
from api import Receiver, ask, token, with_api

pytestmark = [pytest.mark.sanitized]
SHOP = "shop@example.test"
NARROW = {"read": "send", "operate": "read", "admin": "operate", "send": "operate"}
MIB = 1 << 20


@dataclass(frozen=True)
class Row:
    what: str
    expected: str
    seen: str

    @property
    def good(self) -> bool:
        return self.seen in self.expected.split("|")


@pytest.fixture(name="api")
def make_api(new_server):
    server = with_api(new_server())
    server.set("webhooks", allow_networks=[])
    server.add_user(SHOP)
    server.start()
    server.tokens = {scope: token(server, scope, "--scope", scope) for scope in
                     ("read", "operate", "admin")}
    server.tokens["send"] = token(server, "send", "--scope", "send", "--account", SHOP)
    return server


def show(capsys, title: str, rows: list[Row]) -> None:
    width = max(len(row.what) for row in rows)
    with capsys.disabled():
        print(f"\n{title}\n{'try':{width}}  expected   seen")
        for row in rows:
            what = row.what.encode("unicode_escape").decode()
            print(f"{what:{width}}  {row.expected:9}  {row.seen}"
                  f"{'' if row.good else '   <-- WRONG'}")
    assert all(row.good for row in rows), [row for row in rows if not row.good]


def raw(server, octets: bytes) -> str:
    """The status of what is no HTTP of a library's; "closed" when nothing is said."""
    host, port = server.api.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as link:
        try:
            link.sendall(octets)
            first = link.makefile("rb").readline()
        except OSError:
            return "closed"
    return first.split()[1].decode() if first else "closed"


def test_every_route_asks_for_its_token(api, capsys):
    document = ask(api.api, "/api/openapi.json").json
    rows = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            target = path.replace("{verb}", "retry").replace("{number}", "1").replace(
                "{id}", "0123456789abc")
            body = {} if method == "post" else None
            scope = operation["x-scope"]
            # A token of scope send may look at its own mail, and there is none of that id.
            narrow = "404" if operation.get("x-scope-own-mail") else "403"

            def status(secret: str, **headers: str) -> str:
                return str(ask(api.api, target, secret, body, method.upper(), **headers).status)

            strange = [status(api.tokens["admin"], Origin="https://evil.example"),
                       status(api.tokens["admin"], Sec_Fetch_Site="cross-site")]
            if scope == "session":  # for browsers that log in: no token counts (test_web_door.py)
                rows.append(Row(f"{method.upper():6} {path} ({scope})", "403 403",
                                " ".join(strange)))
                continue
            seen = [status(""), status("stagepost_" + "0" * 64), status("Basic Og=="),
                    status(api.tokens[NARROW[scope]]), *strange]
            rows.append(Row(f"{method.upper():6} {path} ({scope})",
                            f"401 401 401 {narrow} 403 403", " ".join(seen)))
    assert len(rows) > 60
    show(capsys, "no token, a wrong one, no bearer, a narrow one, another origin, cross-site", rows)


def test_bodies_that_are_too_large_or_none(api, capsys):
    send, admin = api.tokens["send"], api.tokens["admin"]

    def post(path: str, secret: str, body: object, **headers: str) -> str:
        return str(ask(api.api, path, secret, body, "POST", **headers).status)

    def json_text(text: bytes) -> str:
        return post("/api/v1/send", send, text, Content_Type="application/json")

    head = f"POST /api/v1/send HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {send}\r\n"
    typed = head + "Content-Type: application/json\r\n"
    deep = b'{"from":' + b"[" * 100_000
    rows = [
        Row("send: 2 MiB without a token", "413|closed",
            raw(api, f"POST /api/v1/send HTTP/1.1\r\nHost: a\r\nContent-Length: {2 * MIB}\r\n\r\n"
                .encode())),
        Row("send: 60 MB with a token", "413|closed",
            raw(api, f"{typed}Content-Length: 60000000\r\n\r\n".encode())),
        Row("another route: 2 MiB with a token", "413|closed",
            raw(api, f"POST /api/v1/users/add HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {admin}"
                     f"\r\nContent-Length: {2 * MIB}\r\n\r\n".encode())),
        Row("send: a length that overflows", "400|413|closed",
            raw(api, f"{typed}Content-Length: 99999999999999999999\r\n\r\n".encode())),
        Row("send: a negative length", "400|closed",
            raw(api, f"{typed}Content-Length: -1\r\n\r\n".encode())),
        Row("send: length and chunks at once", "400|closed",
            raw(api, f"{typed}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                .encode())),
        Row("send: two lengths", "400|closed",
            raw(api, f"{typed}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef".encode())),
        Row("send: a chunk of 60 MB", "413|closed",
            raw(api, f"{typed}Transfer-Encoding: chunked\r\n\r\n3938700\r\nabc".encode())),
        Row("a header of 64 KiB", "431|closed", raw(api, b"GET / HTTP/1.1\r\nX: " + b"a" * 65536)),
        Row("no Host", "400|closed", raw(api, b"GET /api/v1/queue HTTP/1.1\r\n\r\n")),
        Row("no HTTP", "400|closed", raw(api, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n")),
        Row("a path with a broken escape", "400|401|404",
            raw(api, b"GET /api/v1/%zz HTTP/1.1\r\nHost: a\r\n\r\n")),
        Row("send: no JSON", "400", json_text(b"from=a&to=b")),
        Row("send: half of JSON", "400", json_text(b'{"from": "a')),
        Row("send: a list", "400", json_text(b"[]")),
        Row("send: nesting of 100,000", "400", json_text(deep)),
        Row("send: no UTF-8", "400", json_text(b'{"from": "\xff\xfe"}')),
        Row("send: a number of 4,000 digits", "400", json_text(b'{"from": ' + b"9" * 4000 + b"}")),
        Row("send: empty", "400", json_text(b"")),
        Row("send: a form", "400", post("/api/v1/send", send, b"a=b",
                                        Content_Type="application/x-www-form-urlencoded")),
        Row("send: text, as pages may post", "400", post("/api/v1/send", send, b"{}",
                                                         Content_Type="text/plain")),
        Row("queue: dry_run as a text", "400",
            post("/api/v1/queue/remove", admin, {"all": True, "dry_run": "true"})),
        Row("queue: a condition that is misspelt", "400",
            post("/api/v1/queue/remove", admin, {"sender": "a@b.test", "recipent": "c@d.test"})),
        Row("erase: mail as a number", "400",
            post("/api/v1/users/erase", admin, {"address": api.user, "mail": 1})),
        Row("PUT", "405", str(ask(api.api, "/api/v1/send", send, {}, "PUT").status)),
        Row("a path outside", "404", str(ask(api.api, "/api/v1/../../etc/passwd", admin).status)),
    ]
    show(capsys, "bodies and requests", rows)
    assert ask(api.api, "/api/v1/queue", api.tokens["read"]).status == 200


def test_a_token_that_sends_reaches_nothing_else(api, capsys):
    send = api.tokens["send"]
    fields = {"from": SHOP, "to": [api.user], "subject": "s", "text": "t"}

    def letter(**more: object) -> str:
        return str(ask(api.api, "/api/v1/send", send, fields | more).status)

    inject = "a@example.net>\r\nRCPT TO:<b@example.net"
    rows = [
        Row("another's address as From", "422", letter(**{"from": api.user})),
        Row("another's address as sender", "422", letter(sender=api.user)),
        Row("another account", "403", letter(account=api.user)),
        Row("SMTP in a recipient", "400", letter(to=[inject])),
        Row("SMTP in the sender", "400", letter(sender=inject)),
        Row("a line end in the subject", "400", letter(subject="a\r\nBcc: b@example.net")),
        Row("a line end in a name", "400", letter(to=[{"email": api.user, "name": "a\nb"}])),
        Row("a line end in a header", "400", letter(headers={"X-A": "b\r\nC: d"})),
        Row("Received", "400", letter(headers={"Received": "from nowhere"})),
        Row("a second From", "400", letter(headers={"From": api.user})),
        Row("DKIM-Signature", "400", letter(headers={"DKIM-Signature": "v=1"})),
        Row("Authentication-Results", "400", letter(headers={"Authentication-Results": "x"})),
        Row("Content-Type", "400", letter(headers={"Content-Type": "text/html"})),
        Row("a part's type with a line end", "400",
            letter(attachments=[{"type": "a/b\r\nX: y", "content": ""}])),
        Row("1,001 recipients", "400", letter(to=[f"a{n}@example.net" for n in range(1001)])),
        Row("a raw message with two From fields", "422",
            str(ask(api.api, "/api/v1/send", send,
                    {"from": SHOP, "to": [api.user],
                     "message": f"From: {SHOP}\nFrom: {api.user}\n\nhi"}).status)),
        Row("the end of DATA in a raw message", "200",
            str(ask(api.api, "/api/v1/send", send,
                    {"from": SHOP, "to": [api.user],
                     "message": f"From: {SHOP}\n\nhi\n.\nMAIL FROM:<x@example.net>\n"}).status)),
        Row("a key of 256 octets", "400",
            str(ask(api.api, "/api/v1/send", send, fields, Idempotency_Key="k" * 256).status)),
        Row("another's message", "404",
            str(ask(api.api, "/api/v1/messages/0123456789abc", send).status)),
        Row("no message's id", "400", str(ask(api.api, "/api/v1/messages/1'or'1", send).status)),
    ]
    show(capsys, "with a token of scope send", rows)
    assert len(api.wait_for_mail()) == 1


def test_webhooks_reach_nothing_inside(api, capsys):
    victim = Receiver()
    admin = api.tokens["admin"]

    def made(url: str) -> str:
        answer = ask(api.api, "/api/v1/webhooks/add", admin, {"name": "x", "url": url})
        assert answer.status in (200, 400), answer.text
        return str(answer.status)

    port = victim.port
    hosts = ["127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1",
             "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1",
             "255.255.255.255", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[fe80::1]", "[fd00::1]",
             "[ff02::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"]
    rows = [Row(f"http://{host}:{port}/", "400", made(f"http://{host}:{port}/")) for host in hosts]
    rows += [Row(url, "400", made(url)) for url in (
        "file:///etc/passwd", "gopher://example.org/", "unix:/run/x", "https://u:p@example.org/",
        "https://8.8.8.8:25/", "https://8.8.8.8:6379/", "http://8.8.8.8:22/",
        "https://example.org/\r\nX: y", "//example.org/", "https://")]
    names = {"localhost": "localhost", "decimal": "2130706433", "octal": "0177.0.0.1",
             "short": "127.1"}
    for what, host in names.items():
        if made(f"http://{host}:{port}/") == "400":
            rows.append(Row(f"{what}: {host}", "refused", "refused"))
            continue
        told = ask(api.api, "/api/v1/webhooks/test", admin, {"name": "x"}).json
        rows.append(Row(f"{what}: {host}", "refused", "told" if told["told"] else "refused"))
        ask(api.api, "/api/v1/webhooks/remove", admin, {"name": "x"})
    show(capsys, "webhooks to places inside", rows)
    assert not victim.events, json.dumps([event.path for event in victim.events])
    victim.stop()
