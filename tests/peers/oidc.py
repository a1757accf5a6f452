"""tests/peers/oidc.py: a small OpenID provider: a key set and an introspection end point over HTTP.

What:    Provider(folder) signs tokens (RS256, by openssl) and serves /jwks and /introspect.
In/Out:  token(**claims) → a signed token; rotate() makes a new key; down = True answers 503.
Errors:  subprocess.CalledProcessError when openssl fails.
Limits:  one request at a time.
"""

import base64
import json
import subprocess
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

OPENSSL_SECONDS_MAX = 30
CLIENT = ("stagepost", "a secret: with = signs")


def b64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def openssl(*arguments: str, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=True, timeout=OPENSSL_SECONDS_MAX).stdout


class Provider:
    def __init__(self, folder: Path):
        self.folder = folder
        self.key_number = 0
        self.down = False
        self.asked: list[str] = []
        self.active: dict[str, dict] = {}  # what introspection knows
        self.rotate()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self, status: int, value: object) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                provider.asked.append(self.path)
                if provider.down or self.path != "/jwks":
                    self.answer(503 if provider.down else 404, {})
                else:
                    self.answer(200, {"keys": [provider.jwk()]})

            def do_POST(self) -> None:
                provider.asked.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if provider.down:
                    self.answer(503, {})
                elif self.headers["Authorization"] != provider.authorization():
                    self.answer(401, {"error": "invalid_client"})
                else:
                    token = urllib.parse.parse_qs(body)["token"][0]
                    self.answer(200, provider.active.get(token, {"active": False}))

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @staticmethod
    def authorization() -> str:
        user, secret = (urllib.parse.quote(part, safe="") for part in CLIENT)
        return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()

    @property
    def key(self) -> Path:
        return self.folder / f"key-{self.key_number}.pem"

    def rotate(self) -> None:
        self.key_number += 1
        openssl("genrsa", "-out", str(self.key), "2048")

    def jwk(self) -> dict:
        text = openssl("rsa", "-in", str(self.key), "-noout", "-modulus").decode()
        modulus = bytes.fromhex(text.strip().removeprefix("Modulus="))
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": str(self.key_number),
                "n": b64url(modulus), "e": "AQAB"}

    def token(self, **claims: object) -> str:
        """Good for you@example.test for an hour, but for what the claims change."""
        header = {"alg": "RS256", "typ": "JWT", "kid": str(self.key_number)}
        body = {"iss": self.url, "aud": "mail", "exp": int(time.time()) + 3600,
                "email": "you@example.test", **claims}
        signed = ".".join(b64url(json.dumps(part).encode()) for part in (header, body))
        signature = openssl("dgst", "-sha256", "-sign", str(self.key), data=signed.encode())
        return f"{signed}.{b64url(signature)}"
