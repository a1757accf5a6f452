"""The HTTP API for programs: tokens and their scopes, what it says of itself, who is kept out."""

import json
import re
import urllib.error
import urllib.request

import pytest
from mail import message
from stagepost import free_ports, tls_context

pytestmark = [pytest.mark.sanitized]


def ask(base: str, path: str, token: str = "", body: dict | None = None, method: str = "",
        **headers: str) -> tuple[int, str]:
    """Status and text of the answer."""
    request = urllib.request.Request(
        base + path, None if body is None else json.dumps(body).encode(), headers,
        method=method or ("GET" if body is None else "POST"))
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=20, context=tls_context()) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def token(server, name: str, *arguments: str) -> str:
    return re.search(r"stagepost_\S+", server.cli("token", "add", name, *arguments))[0]


@pytest.fixture(name="api")
def make_api(new_server):
    server = new_server()
    plain, tls = free_ports(2)
    server.set("api", addresses=[f"127.0.0.1:{plain}"], tls_addresses=[f"127.0.0.1:{tls}"])
    server.start()
    server.api = f"http://127.0.0.1:{plain}"
    server.tls_api = f"https://127.0.0.1:{tls}"
    return server


def test_a_program_does_what_its_token_allows(api):
    reader, operator = token(api, "monitoring"), token(api, "desk", "--scope", "operate")
    admin = token(api, "shop", "--scope", "admin", "--expires", "1d")
    for base in (api.api, api.tls_api):
        status, text = ask(base, "/api/v1/queue", reader)
        assert (status, json.loads(text)["messages"]) == (200, [])
    assert ask(api.api, "/api/v1/queue/retry", reader, {"all": True})[0] == 403
    assert ask(api.api, "/api/v1/queue/retry", operator, {"all": True}) == (200, '{"count":0}')
    status, text = ask(api.api, "/api/v1/users/add", operator, {"address": "an@example.test"})
    assert status == 403 and "admin" in text
    assert ask(api.api, "/api/v1/users/add", admin, {"address": "an@example.test"})[0] == 200
    sent = {"from": api.user, "to": ["an@example.test"], "message": message("by http").decode()}
    status, text = ask(api.api, "/api/v1/send", admin, sent)
    assert status == 200, text
    api.wait_for_mail("an")
    assert json.loads(text)["id"] in ask(api.api, "/api/v1/explain?what=an@example.test", reader)[1]

    events = json.loads(ask(api.api, "/api/v1/events?what=" + json.loads(text)["id"], reader)[1])
    assert "recipient.delivered" in [event["event"] for event in events["events"]]

    api.cli("token", "revoke", "monitoring")
    assert ask(api.api, "/api/v1/queue", reader)[0] == 401
    listed = api.cli("token", "list")
    assert "monitoring" not in listed and "desk  operate" in listed and "last used" in listed
    files = [path.read_text(errors="replace") for path in api.home.rglob("api-tokens.json")]
    assert files and not any(secret in text for text in files for secret in (admin, operator))


def test_tokens_outlive_a_restart_and_are_made_without_a_server(api):
    kept = token(api, "kept")
    api.stop()
    made = token(api, "offline")
    api.start()
    for secret in (kept, made):
        assert ask(api.api, "/api/v1/domains", secret)[0] == 200


def test_who_is_kept_out(api):
    secret = token(api, "any", "--scope", "admin")
    assert ask(api.api, "/api/v1/queue")[0] == 401
    assert ask(api.api, "/api/v1/queue", secret, Origin="https://evil.example")[0] == 403
    assert ask(api.api, "/api/v1/queue", secret, **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    for _ in range(30):
        last, text = ask(api.api, "/api/v1/queue", "stagepost_guess")
    assert last == 429 and "token" in text
    api.cli("queue", "list")  # the control socket goes on


def test_what_it_says_of_itself_is_so(api):
    admin = token(api, "all", "--scope", "admin")
    document = json.loads(ask(api.api, "/api/openapi.json")[1])
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            target = path.replace("{verb}", "retry").replace("{number}", "1")
            body = {} if method == "post" else None
            json_too = {"Content-Type": "application/json"} if body is not None else {}
            status, text = ask(api.api, target, admin, body, method.upper(), **json_too)
            told = f"{method} {path}: {status} {text}"
            assert status != 405 and "nothing at this path" not in text, told
            required = operation.get("requestBody", {}).get("content", {}).get(
                "application/json", {}).get("schema", {}).get("required", [])
            if required:
                # A token is no log-in of a browser: those routes say first that there is none.
                of_session = path.startswith("/api/v1/session/")
                assert status == 400 or (of_session and status == 401), told
