"""Webhooks: what is told, in which order, signed; and what happens when the receiver fails."""

import json
import time

import pytest
from api import Receiver, ask, token, verify, with_api
from mail import message
from peers.netns import wait_until
from sink import Sink
from stagepost import free_ports

pytestmark = [pytest.mark.sanitized]


@pytest.fixture(name="receiver")
def make_receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture(name="server")
def make_server(new_server):
    return with_api(new_server()).start()


def add(server, url: str, *arguments: str, name: str = "shop") -> str:
    """The secret."""
    told = server.cli("webhook", "add", name, url, *arguments)
    return next(word for word in told.split() if word.startswith("whsec_"))


def send(server, subject: str = "hello", to: str = "") -> str:
    told = server.cli("send", "--from", server.user, to or server.user,
                      text=message(subject).decode())
    return told.split()[0]


def hook(server, name: str = "shop") -> dict:
    listed = json.loads(server.cli("webhook", "list", "--json"))["webhooks"]
    return next(one for one in listed if one["name"] == name)


def wait_for(receiver: Receiver, count: int, seconds: float = 30) -> None:
    wait_until(f"{count} events", lambda: len(receiver.events) >= count, seconds)


def test_events_are_signed_and_filtered(server, receiver):
    secret = add(server, receiver.url)
    other = Receiver()
    add(server, other.url, "--event", "failed", "--domain", "example.net", name="failures")
    sent = send(server)
    wait_for(receiver, 2)
    assert receiver.types(sent) == ["message.accepted", "message.delivered"]
    for event in receiver.events:
        assert verify(secret, event.headers, event.body)
        assert not verify(secret, event.headers, event.body + b" ")
        assert event.json["data"]["message"] == sent and event.path == "/events"
    ids = [event.headers["webhook-id"] for event in receiver.events]
    assert len(set(ids)) == len(ids)
    assert "It was told: 204" in server.cli("webhook", "test", "shop")
    assert receiver.types()[-1] == "webhook.test" and not other.events
    assert hook(server)["last_success"] and hook(server)["waiting"] == 0
    other.stop()


def test_failures_of_mail_are_told_with_their_reason(new_server, receiver):
    answers = {"RCPT": ["450 4.2.1 later", "@fixed 550 5.1.1 nobody here"]}
    with Sink(answers=answers) as sink:
        server = with_api(new_server())
        server.set("delivery", relay_host=f"127.0.0.1:{sink.port}")
        server.set("queue", retry_after=["1s"])
        server.start()
        add(server, receiver.url, "--event", "failed", "--event", "deferred", "--domain",
            "example.net")
        send(server, "local")
        sent = send(server, to="an@example.net")
        wait_until("its end", lambda: "message.failed" in receiver.types(sent), 60)
        assert receiver.types() == ["message.deferred", "message.failed"]
        deferred, failed = (event.json["data"] for event in receiver.events)
        assert "4.2.1" in deferred["reply"] and deferred["next"]
        assert failed["to"] == "an@example.net" and "5.1.1" in failed["reply"]


def test_both_secrets_sign_after_a_rotation(server, receiver):
    old = add(server, receiver.url)
    told = server.cli("webhook", "rotate", "shop")
    new = next(word for word in told.split() if word.startswith("whsec_"))
    server.cli("webhook", "test", "shop")
    (event,) = receiver.events
    assert new != old and all(verify(one, event.headers, event.body) for one in (old, new))
    files = [path.stat().st_mode & 0o777 for path in server.home.rglob("webhooks.db")]
    assert files == [0o600]
    assert old not in server.cli("webhook", "list", "--json")


def test_what_fails_is_told_again_in_order(server, receiver):
    receiver.answers = [500, 429]
    add(server, receiver.url)
    sent = send(server)
    wait_for(receiver, 2, 90)
    assert receiver.types(sent) == ["message.accepted", "message.delivered"]
    state = hook(server)
    assert state["failures"] == 0 and "answered" in state["last_error"]
    wait_until("the recovery in the log", lambda: "webhook.recovered" in server.log_text(None))
    assert "webhook.failing" in server.log_text(None)


def test_a_bad_event_does_not_stop_the_others(server, receiver):
    receiver.answers = [400]
    add(server, receiver.url)
    first = send(server, "first")
    wait_until("the refusal", lambda: not receiver.answers, 30)
    second = send(server, "second")
    wait_until("the second", lambda: len(receiver.types(second)) == 2, 30)
    wait_until("the first", lambda: len(receiver.types(first)) == 2, 60)
    assert receiver.types(first) == ["message.accepted", "message.delivered"]


def test_redirects_lead_nowhere_and_a_silent_receiver_costs_the_mail_nothing(server, receiver):
    victim = Receiver()
    receiver.answers = [victim.url, -3]
    add(server, receiver.url)
    text = server.cli("webhook", "test", "shop", code=1)
    assert "307" in text and "not followed" in text and not victim.events
    begun = time.monotonic()
    for number in range(20):
        send(server, f"mail {number}")
    server.wait_for_mail(count=20)
    assert time.monotonic() - begun < 20
    wait_for(receiver, 40, 90)
    victim.stop()


def test_what_waits_outlives_a_kill(server, receiver):
    (port,) = free_ports(1)
    add(server, f"http://127.0.0.1:{port}/events")
    sent = [send(server, f"mail {number}") for number in range(5)]
    wait_until("all of them wait", lambda: hook(server)["waiting"] == 10, 30)
    wait_until("one has failed", lambda: hook(server)["failures"] > 0, 30)
    server.kill()
    late = Receiver(port)
    server.start()
    # On a slow machine there were more failures meanwhile, and each makes the next wait longer.
    wait_until("all are told", lambda: len(late.events) >= 10, 180)
    for one in sent:
        assert late.types(one) == ["message.accepted", "message.delivered"]
    late.stop()


def test_events_are_told_again_from_the_trace(server, receiver):
    sent, other = send(server), send(server, "other")
    server.wait_for_mail(count=2)
    add(server, receiver.url)
    assert "2 events" in server.cli("webhook", "replay", "shop", "--message", sent)
    wait_for(receiver, 2)
    first = [event.headers["webhook-id"] for event in receiver.events]
    assert "4 events" in server.cli("webhook", "replay", "shop", "--since", "1h")
    wait_for(receiver, 6)
    assert receiver.types(other) == ["message.accepted", "message.delivered"]
    again = [event.headers["webhook-id"] for event in receiver.events[2:]]
    assert set(first) < set(again), "an event keeps its id, so that receivers know it again"
    server.cli("webhook", "replay", "shop", code=1)
    server.cli("webhook", "replay", "nobody", "--since", "1h", code=1)


def test_webhooks_lead_to_the_internet_alone(new_server):
    server = with_api(new_server())
    server.set("webhooks", allow_networks=[], allow_http=True)
    server.start()
    victim = Receiver()
    for host in ("127.0.0.1", "[::1]", "0.0.0.0", "10.0.0.1", "169.254.169.254", "100.64.0.1",
                 "[::ffff:127.0.0.1]", "[fe80::1]", "[fc00::1]", "224.0.0.1"):
        server.cli("webhook", "add", "bad", f"http://{host}:{victim.port}/", code=1)
    # Names are looked up when it is told, and checked then.
    add(server, f"http://localhost:{victim.port}/events")
    text = server.cli("webhook", "test", "shop", code=1)
    assert "127.0.0.1" in text or "::1" in text, text
    send(server)
    wait_until("the refusal", lambda: hook(server)["failures"] > 0, 30)
    assert not victim.events
    for url in ("ftp://example.org/", "https://u:p@example.org/", "example.org", "https:///"):
        server.cli("webhook", "add", "bad", url, code=1)
    victim.stop()


def test_programs_manage_webhooks_with_the_right_token(server, receiver):
    admin, operator = token(server, "a", "--scope", "admin"), token(server, "o", "--scope",
                                                                    "operate")
    wish = {"name": "api", "url": receiver.url, "events": ["delivered"]}
    assert ask(server.api, "/api/v1/webhooks/add", operator, wish).status == 403
    answer = ask(server.api, "/api/v1/webhooks/add", admin, wish)
    assert answer.status == 200 and answer.json["secret"].startswith("whsec_")
    assert ask(server.api, "/api/v1/webhooks/add", admin, wish).status == 409
    (line,) = ask(server.api, "/api/v1/webhooks", operator).json["webhooks"]
    assert line["events"] == ["delivered"] and "secret" not in line
    assert ask(server.api, "/api/v1/webhooks/test", operator, {"name": "api"}).json["told"]
    assert ask(server.api, "/api/v1/webhooks/remove", admin, {"name": "api"}).status == 200
    assert ask(server.api, "/api/v1/webhooks", operator).json["webhooks"] == []
