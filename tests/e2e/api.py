"""tests/e2e/api.py: the HTTP API of a Stagepost in a test, and a receiver of webhooks.

What:    ask() with a token; Receiver keeps what webhooks post and answers as told.
In/Out:  Answer(status, headers, text); Receiver.events: (path, headers, body) as they came.
Limits:  ANSWER_SECONDS_MAX for each answer; one thread per connection of the receiver.
"""

import base64
import hashlib
import hmac
import http.client
import http.server
import json
import re
import ssl
import threading
import time
import urllib.parse
from dataclasses import dataclass

from stagepost import free_ports, tls_context

ANSWER_SECONDS_MAX = 60


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> dict:
        return json.loads(self.text)


def ask(base: str, path: str, token: str = "", body: object = None, method: str = "",
        **headers: str) -> Answer:
    """A dict is sent as JSON, octets as they are."""
    place = urllib.parse.urlsplit(base)
    make = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    more = {"context": tls_context()} if place.scheme == "https" else {}
    connection = make(place.hostname, place.port, timeout=ANSWER_SECONDS_MAX, **more)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, dict):
        body = json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    if token:
        sent["Authorization"] = f"Bearer {token}"
    try:
        connection.request(method or ("GET" if body is None else "POST"), path, body, sent)
        answer = connection.getresponse()
        return Answer(answer.status, {key.lower(): value for key, value in answer.getheaders()},
                      answer.read().decode(errors="replace"))
    finally:
        connection.close()


def token(server, name: str, *arguments: str) -> str:
    return re.search(r"stagepost_\S+", server.cli("token", "add", name, *arguments))[0]


def with_api(server, **settings):
    """A server that is to serve its API on server.api, and what is said of [webhooks]."""
    (port,) = free_ports(1)
    server.set("api", addresses=[f"127.0.0.1:{port}"], requests_per_minute_max=100_000,
               failures_per_minute_max=100_000)
    server.set("webhooks", allow_networks=["127.0.0.1/32"], allow_http=True, **settings)
    server.api = f"http://127.0.0.1:{port}"
    return server


def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As docs/webhooks.md tells receivers to."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return fresh and any(hmac.compare_digest(wanted, one)
                         for one in headers["webhook-signature"].split(" "))


@dataclass(frozen=True)
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


class Receiver:
    """`answers`: statuses that are used up one by one, then 204. A number below 0 says nothing for
    so many seconds; a text is a redirect to there."""

    def __init__(self, port: int = 0, address: str = "127.0.0.1",
                 tls: ssl.SSLContext | None = None):
        self.events: list[Posted] = []
        self.answers: list[int | str] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = receiver.answers.pop(0) if receiver.answers else 204
                if isinstance(answer, int) and answer < 0:
                    time.sleep(-answer)
                    self.close_connection = True
                    return
                status = 307 if isinstance(answer, str) else answer
                if 200 <= status < 300:
                    headers = {key.lower(): value for key, value in self.headers.items()}
                    receiver.events.append(Posted(self.path, headers, body))
                self.send_response(status)
                if isinstance(answer, str):
                    self.send_header("Location", answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                receiver.events.append(Posted(self.path, {}, b"{}"))
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer((address, port), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/events"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def types(self, message: str = "") -> list[str]:
        return [event.json["type"] for event in list(self.events)
                if not message or event.json["data"].get("message") == message]
