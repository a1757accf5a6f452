"""The door of the web interface: log-in, second factor, sessions, and how its files are served."""

import base64
import gzip
import hashlib
import hmac
import http.client
import json
import re
import struct
import time

import pytest
from peers.netns import wait_until
from stagepost import free_ports, tls_context

pytestmark = [pytest.mark.sanitized]

SESSION = "/api/v1/session"
FACTOR = SESSION + "/second-factor/"


class Answer:
    def __init__(self, answer: http.client.HTTPResponse):
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()

    def json(self) -> dict:
        return json.loads(self.body)


class Browser:
    """Keeps its cookie and the CSRF token, and says that a page of ours asks."""

    def __init__(self, server, tls: bool = False, address: str = ""):
        self.server, self.tls, self.address = server, tls, address
        self.cookie = self.csrf = ""

    def ask(self, method: str, path: str, body: dict | None = None, **headers: str) -> Answer:
        port = self.server.tls_port if self.tls else self.server.ports["api"]
        line = (http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=tls_context())
                if self.tls else http.client.HTTPConnection("127.0.0.1", port, timeout=60))
        told = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json",
                "Cookie": self.cookie, "X-CSRF-Token": self.csrf,
                "X-Forwarded-For": self.address} | {
                    name.replace("_", "-"): value for name, value in headers.items()}
        try:
            line.request(method, path, None if body is None else json.dumps(body),
                         {name: value for name, value in told.items() if value})
            return Answer(line.getresponse())
        finally:
            line.close()

    def log_in(self, address: str, password: str, code: str | None = None) -> Answer:
        body = {"address": address, "password": password} | ({"code": code} if code else {})
        answer = self.ask("POST", SESSION, body)
        if answer.status == 200:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]
            self.csrf = answer.json()["csrf"]
        return answer

    def status(self, method: str = "GET", path: str = "/api/v1/queue", **headers: str) -> int:
        return self.ask(method, path, None if method == "GET" else {"all": True}, **headers).status


def code_of(secret: str, steps: int = 0) -> str:
    """RFC 6238, written anew for this test."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


def events(server, name: str, count: int = 1) -> list[str]:
    """The log's lines with that name: lines are written a little later than answers."""
    def lines() -> list[str]:
        return [line for line in server.log_text(None).splitlines() if name in line]

    wait_until(f"{count} times {name}", lambda: len(lines()) >= count, 10)
    return lines()


@pytest.fixture(name="server")
def make_server(new_server):
    server = new_server()
    server.tls_port = free_ports(1)[0]
    # Guesses of the tests come from the Internet: those of this host are never banned.
    server.set("api", tls_addresses=[f"127.0.0.1:{server.tls_port}"], proxies=["127.0.0.1"])
    return server.start()


@pytest.fixture(name="logged_in")
def make_logged_in(server):
    browser = Browser(server)
    assert browser.log_in(server.user, server.password).status == 200
    return browser


def enrol(browser: Browser) -> tuple[str, list[str]]:
    begun = browser.ask("POST", FACTOR + "begin").json()
    assert f"secret={begun['secret']}&" in begun["uri"]
    answer = browser.ask("POST", FACTOR + "confirm", {"code": code_of(begun["secret"], -1)})
    assert answer.status == 200, answer.body
    return begun["secret"], answer.json()["recovery_codes"]


def test_who_made_the_server_logs_in(server, logged_in):
    assert "administrator, by password alone" in server.cli("user", "show", server.user)
    told = logged_in.ask("GET", SESSION)
    assert told.json()["address"] == server.user and told.headers["Cache-Control"] == "no-store"
    assert logged_in.status() == 200 and logged_in.status("POST", "/api/v1/queue/retry") == 200
    assert f"account={server.user}" in events(server, "api.changed")[0]
    assert Browser(server).status() == 401
    assert logged_in.ask("DELETE", SESSION).status == 200
    assert logged_in.status() == 401
    assert events(server, "web.login ") and events(server, "web.logout")


def test_who_does_not(server):
    server.add_user("an@example.test", "an's password 1")
    phone = re.search(r"Password[^:]*: (\S+)", server.cli("app-password", "add", server.user,
                                                          "phone"))[1]
    told = {Browser(server, address=f"203.0.113.{number}").log_in(*who).body
            for number, who in enumerate([
                (server.user, "wrong"), ("nobody@example.test", "wrong"),
                ("an@example.test", "an's password 1"), (server.user + "/phone", phone)])}
    assert len(told) == 1 and b"wrong" in told.pop()
    assert len(events(server, "web.login_failed", 4)) == 4
    server.cli("user", "set", "an@example.test", "--administrator", "yes")
    assert Browser(server).log_in("an@example.test", "an's password 1").status == 200


def test_guesses_are_banned_like_those_over_smtp(server):
    thief = Browser(server, address="198.51.100.66")
    statuses = [thief.log_in(server.user, "guess").status for _ in range(3)]
    assert statuses == [401] * 3
    server.append("[guard]\naddress_failures_max = 5\ndelay_after = 100").stop()
    server.start()
    for _ in range(10):
        answer = thief.log_in(server.user, "guess")
    assert answer.status == 429 and int(answer.headers["Retry-After"]) > 60
    assert "log-ins with a wrong password from 198.51.100.66" in answer.json()["error"]
    assert "198.51.100.66" in server.cli("ban", "list")
    assert thief.log_in(server.user, server.password).status == 429
    owner = Browser(server, address="203.0.113.7")
    assert owner.log_in(server.user, server.password).status == 200
    assert owner.status() == 200


def test_a_second_factor(server, logged_in):
    secret, recovery = enrol(logged_in)
    assert len(recovery) == 10
    assert "has a second factor" in server.cli("user", "second-factor", server.user)
    browser = Browser(server)
    answer = browser.log_in(server.user, server.password)
    assert answer.status == 401 and answer.json()["need_code"] is True
    assert browser.log_in(server.user, server.password, "000000").status == 401
    code = code_of(secret)
    assert browser.log_in(server.user, server.password, code).status == 200
    assert Browser(server).log_in(server.user, server.password, code).status == 401
    assert Browser(server).log_in(server.user, server.password, recovery[0]).status == 200
    server.stop()  # what is used stays used
    files = server.home.rglob("second-factors.json")
    kept = next(files)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert not any(one in kept.read_text() for one in recovery)
    server.start()
    assert Browser(server).log_in(server.user, server.password, code).status == 401
    assert Browser(server).log_in(server.user, server.password, recovery[0]).status == 401
    assert Browser(server).log_in(server.user, server.password, recovery[1]).status == 200


def test_who_lost_the_phone(server, logged_in):
    _, recovery = enrol(logged_in)
    answer = logged_in.ask("POST", FACTOR + "remove",
                           {"password": server.password, "code": "000000"})
    assert answer.status == 401
    answer = logged_in.ask("POST", FACTOR + "remove",
                           {"password": server.password, "code": recovery[0]})
    assert answer.status == 200
    enrol(logged_in)
    server.cli("user", "second-factor", server.user, "--remove")
    assert Browser(server).log_in(server.user, server.password).status == 200
    server.cli("user", "second-factor", server.user, "--remove", code=1)


def test_what_ends_a_session(server, logged_in):
    other = Browser(server)
    other.log_in(server.user, server.password)
    server.cli("user", "passwd", server.user, "--password-stdin", text="another one 1\n")
    assert logged_in.status() == 401 and other.status() == 401
    assert other.log_in(server.user, server.password).status == 401
    assert other.log_in(server.user, "another one 1").status == 200
    server.cli("user", "set", server.user, "--administrator", "no")
    assert other.status() == 401
    assert other.log_in(server.user, "another one 1").status == 401
    server.cli("user", "set", server.user, "--administrator", "yes")
    assert other.log_in(server.user, "another one 1").status == 200
    server.stop()
    server.start()
    assert other.status() == 401


def test_pages_of_other_sites_change_nothing(server, logged_in):
    for headers, expected in (
            ({}, 200),
            ({"Sec_Fetch_Site": "cross-site"}, 403),
            ({"Sec_Fetch_Site": "same-site"}, 403),
            ({"Sec_Fetch_Site": ""}, 403),
            ({"Sec_Fetch_Site": "", "Origin": f"http://127.0.0.1:{server.ports['api']}"}, 200),
            ({"Sec_Fetch_Site": "", "Origin": "http://127.0.0.1:1"}, 403),
            ({"Origin": "null"}, 403),
            ({"X_CSRF_Token": ""}, 403),
            ({"X_CSRF_Token": "0" * 32}, 403)):
        assert logged_in.status("POST", "/api/v1/queue/retry", **headers) == expected, headers
    body = {"address": server.user, "password": server.password}
    stranger = Browser(server)
    assert stranger.ask("POST", SESSION, body, Sec_Fetch_Site="cross-site").status == 403
    assert stranger.ask("POST", SESSION, body, Content_Type="text/plain").status == 415


def test_cookies_and_headers(server):
    for tls in (False, True):
        browser = Browser(server, tls)
        cookie = browser.log_in(server.user, server.password).headers["Set-Cookie"]
        name = "__Host-stagepost" if tls else "stagepost"
        assert re.fullmatch(name + r"=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict"
                            + ("; Secure" if tls else ""), cookie)
        assert browser.status() == 200
    # A proxy that speaks HTTPS to the browser is HTTPS.
    proxied = Browser(server, address="203.0.113.5")
    answer = proxied.ask("POST", SESSION, {"address": server.user, "password": server.password},
                         X_Forwarded_Proto="https", Origin="https://mail.example.test",
                         Host="mail.example.test")
    assert answer.status == 200 and answer.headers["Set-Cookie"].startswith("__Host-")
    assert "203.0.113.5" in events(server, "web.login ", 3)[-1]


def test_a_proxy_that_is_not_listed(server):
    server.set("api", proxies=[]).stop()
    server.start()
    answer = Browser(server, address="203.0.113.5").log_in(server.user, server.password)
    assert answer.status == 403 and "`proxies` of [api]" in answer.json()["error"]


def test_the_files(server):
    browser = Browser(server)
    moved = browser.ask("GET", "/")
    assert (moved.status, moved.headers["Location"]) == (308, "/admin/")
    index = browser.ask("GET", "/admin/")
    assert index.status == 200 and index.headers["Content-Type"].startswith("text/html")
    policy = index.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert index.headers["Cache-Control"] == "no-cache"
    assert not re.search(rb"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", index.body)
    again = browser.ask("GET", "/admin/queue", If_None_Match=index.headers["ETag"])
    assert again.status == 304 and again.body == b"" and "Content-Length" not in again.headers
    names = re.findall(rb'(?:src|href)="(/admin/assets/[^"]+)"', index.body)
    assert names
    for name in names:
        plain = browser.ask("GET", name.decode())
        assert plain.status == 200 and "immutable" in plain.headers["Cache-Control"]
        packed = browser.ask("GET", name.decode(), Accept_Encoding="gzip")
        if packed.headers["Content-Encoding"]:
            assert gzip.decompress(packed.body) == plain.body
            assert packed.headers["ETag"] != plain.headers["ETag"]
        head = browser.ask("HEAD", name.decode())
        assert head.body == b"" and int(head.headers["Content-Length"]) == len(plain.body)
    for path in ("/admin/assets/none.js", "/admin/assets/../index.html",
                 "/admin/assets/%2e%2e/%2e%2e/stagepost.toml"):
        assert browser.ask("GET", path).status == 404, path
    assert browser.ask("GET", "/admin/../stagepost.toml").body == index.body
    assert browser.ask("POST", "/admin/", {}).status == 405


def test_it_can_be_left_out(server):
    server.set("api", web=False).stop()
    server.start()
    browser = Browser(server)
    assert browser.ask("GET", "/admin/").status == 401
    assert browser.log_in(server.user, server.password).status in (401, 404)
