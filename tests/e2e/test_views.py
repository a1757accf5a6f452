"""The API's views: overview, flow, receivers, messages, log and settings, of a real server with
real mail; and the verbs that show the same."""

import json
import os
import re
import smtplib
import time
import urllib.parse

import bench
import pytest
from mail import message
from peers.netns import wait_until
from stagepost import free_ports
from test_api import ask, token

pytestmark = [pytest.mark.sanitized]


@pytest.fixture(name="site")
def make_site(new_server):
    """A server whose mail for example.net goes to a port where nobody listens."""
    server = new_server()
    port, nobody = free_ports(2)
    server.set("api", addresses=[f"127.0.0.1:{port}"], requests_per_minute_max=100_000)
    server.append(f'[[route]]\ndomain = "example.net"\nhost = "127.0.0.1"\nport = {nobody}\n'
                  'tls = "none"')
    server.start()
    server.add_user("an@example.test")
    secret = token(server, "looks")

    def get(path: str, **query: object) -> dict:
        status, text = ask(f"http://127.0.0.1:{port}",
                           f"/api/v1/{path}?{urllib.parse.urlencode(query)}", secret)
        assert status == 200, text
        return json.loads(text)

    def refused(path: str, **query: object) -> str:
        status, text = ask(f"http://127.0.0.1:{port}",
                           f"/api/v1/{path}?{urllib.parse.urlencode(query)}", secret)
        assert status == 400, f"{path} {query}: {status} {text}"
        return json.loads(text)["error"]

    server.get, server.refused = get, refused
    return server


def send(server, *recipients: str, sender: str = "stranger@example.org", subject="hello") -> None:
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"], timeout=20) as client:
        client.sendmail(sender, recipients, message(subject))


def submit(server, *recipients: str) -> None:
    sent = server.cli("send", "--from", server.user, *recipients, text="Subject: out\n\nhi\n")
    assert "safe on disk" in sent


def found(server, **query: object) -> list[dict]:
    """Of all pages."""
    messages, after = [], {}
    for _ in range(1000):
        answer = server.get("messages", **query, **after)
        messages += answer["messages"]
        if not answer["next"]:
            return messages
        after = {"after": answer["next"]}
    raise AssertionError("a search without an end")


def deferred(server) -> bool:
    return server.get("overview")["queue"]["deferred"] > 0


def test_overview_flow_and_receivers(site):
    before = site.get("overview")
    assert before["health"] == {"state": "ready", "reasons": []}
    assert before["queue"]["messages"] == 0 and before["queue"]["oldest_seconds"] is None
    send(site, "an@example.test")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(site, "nobody@example.test")
    submit(site, "far@example.net")
    site.wait_for_mail("an")
    wait_until("a deferral", lambda: deferred(site), 20)

    now = site.get("overview")
    assert now["hostname"] and now["version"] and now["started"] < now["now"]
    assert now["queue"]["messages"] == 1 and now["queue"]["bytes"] > 0
    assert now["today"]["received"] == 1 and now["today"]["submitted"] == 1
    assert now["today"]["delivered"] == 1 and now["today"]["refused"] == 1
    assert now["today"]["deferred"] >= 1
    assert 0 < now["disk"]["free_bytes"] <= now["disk"]["total_bytes"]
    assert now["certificate"]["not_after"] > now["now"]

    for period, step, count in (("hour", 60, 60), ("day", 300, 288), ("week", 3600, 168),
                                ("month", 3600, 744)):
        flow = site.get("flow", period=period)
        assert flow["step_seconds"] == step
        assert all(len(values) == count for values in flow["series"].values())
        assert sum(flow["series"]["received"]) == 1, period
        assert sum(flow["series"]["refused"]) == 1, period

    def both() -> bool:
        lines = {line["domain"]: line for line in site.get("receivers", period="hour")["receivers"]}
        return "example.test" in lines and "example.net" in lines

    wait_until("both receivers", both, 20)
    lines = {line["domain"]: line for line in site.get("receivers")["receivers"]}
    assert lines["example.test"]["local"] and lines["example.test"]["success"] == 1
    assert lines["example.test"]["mean_seconds"] is not None
    assert not lines["example.net"]["local"] and lines["example.net"]["success"] == 0
    assert lines["example.net"]["last_trouble"]["text"]

    # Over a restart.
    site.stop()
    site.start()
    flow = site.get("flow", period="hour")
    assert sum(flow["series"]["received"]) == 1 and sum(flow["series"]["delivered"]) == 1
    assert site.get("overview")["today"]["received"] == 1


def test_what_needs_a_hand(site):
    submit(site, "far@example.net")
    wait_until("a deferral", lambda: deferred(site), 20)
    site.cli("queue", "hold", "--all", "--reason", "odd mail")
    site.cli("ban", "add", "192.0.2.7")
    time.sleep(1.1)  # the picture of the queue is kept for a second
    hands = {hand["kind"]: hand for hand in site.get("overview")["hands"]}
    assert "odd mail" in hands["held"]["text"] and hands["held"]["remedy"]
    assert hands["held"]["link"] == "/admin/messages?state=held"
    assert hands["ban"]["severity"] == "notice"
    text = site.cli("overview")
    assert "odd mail" in text and "1 held" in text and "ready" in text


def test_messages_are_found(site):
    send(site, "an@example.test")
    send(site, "an@example.test", "you@example.test", sender="other@example.org")
    submit(site, "far@example.net")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(site, "nobody@example.test")
    site.wait_for_mail("an", 2)
    wait_until("the ends", lambda: len(found(site, state="delivered")) == 2, 20)
    wait_until("a deferral", lambda: len(found(site, state="deferred")) == 1, 20)

    everything = found(site)
    assert [one["state"] for one in everything].count("delivered") == 2
    assert [one["time"] for one in everything] == sorted(
        (one["time"] for one in everything), reverse=True)
    assert found(site, limit=1) == everything
    two = found(site, to="you@example.test", **{"from": "other@example.org"})
    assert len(two) == 1 and two[0]["recipients_total"] == 2
    assert sorted(two[0]["recipients"]) == ["an@example.test", "you@example.test"]
    assert found(site, q="OTHER@") == two and found(site, q=two[0]["id"]) == two
    far = found(site, q="far@example.net")
    assert len(far) == 1 and far[0]["state"] == "deferred" and far[0]["last"]
    refused = found(site, state="refused")
    assert len(refused) == 1 and refused[0]["recipients"] == ["nobody@example.test"]
    assert "550" in refused[0]["last"]
    # What is found can be asked about.
    for one in everything + refused:
        assert site.get("events", what=one["id"])["events"]
    assert found(site, since="1h") == everything and found(site, until="1h") == []

    site.cli("queue", "hold", far[0]["id"], "--reason", "to be looked at")
    held = found(site, state="held")
    assert [one["id"] for one in held] == [far[0]["id"]] and held[0]["last"] == "to be looked at"
    site.cli("queue", "remove", far[0]["id"])
    wait_until("its end", lambda: [one["id"] for one in found(site, state="removed")] ==
               [far[0]["id"]], 20)


def test_the_log_is_followed(site):
    first = site.get("log", limit=5)
    assert len(first["lines"]) <= 5 and not first["restarted"]
    send(site, "an@example.test")
    site.wait_for_mail("an")
    cursor, names = first["cursor"], []

    def seen() -> bool:
        nonlocal cursor
        answer = site.get("log", after=cursor)
        assert answer["missed"] == 0
        cursor = answer["cursor"]
        names.extend(line["name"] for line in answer["lines"])
        return "recipient.delivered" in names

    wait_until("the delivery in the log", seen, 20)
    assert names.count("message.accepted") == 1, "each line once"
    assert site.get("log", q="message.accepted")["lines"][0]["text"].count("an@example.test")
    assert site.get("log", severity="error")["lines"] == []
    site.stop()
    site.start()
    again = site.get("log", after=cursor)
    assert again["restarted"]
    assert "message.accepted" in site.cli("log") or "server" in site.cli("log")


def test_settings_and_no_secret(site):
    site.append('[[route]]\ndomain = "example.com"\nhost = "relay.example.com"\nuser = "us"\n'
                'password = "hunter2-hunter2"\ntls = "verified"')
    site.set("queue", expire_after="3d")
    site.process.send_signal(1)  # SIGHUP: those in force are shown

    def named() -> dict:
        return {one["name"]: one for one in site.get("settings")["settings"]}

    wait_until("the reload", lambda: named()["queue.expire_after"]["value"] == '"3d"', 20)
    settings = named()
    assert settings["queue.expire_after"]["changed"]
    assert settings["queue.expire_after"]["default"] == '"5d"'
    assert not settings["queue.retry_jitter_percent"]["changed"]
    assert settings["route[2].password"]["secret"]
    assert settings["route[2].password"]["value"] is None
    assert "hunter2" not in json.dumps(settings)
    assert "hunter2" not in site.cli("settings", "--all") + site.cli("settings", "--json")
    assert 'queue.expire_after = "3d"' in site.cli("settings")


def test_what_is_refused(site):
    send(site, "an@example.test")
    for bad in ("x", "t", "q", "t0.0", "q!!!!!!!!!!!!!", "t" + "0" * 16 + ".zz", "1" * 300):
        assert "after" in site.refused("messages", after=bad)
    for bad in ("0", "-1", "201", "1e9", "9" * 40, "ten"):
        assert "limit" in site.refused("messages", limit=bad)
        assert "limit" in site.refused("log", limit=bad if bad != "201" else "2001")
    for bad in ("yesterday", "-2h", "2026-13-01", "2026-11-23T99:00:00Z", "9" * 300):
        assert "since" in site.refused("messages", since=bad)
    assert "before" in site.refused("messages", since="1h", until="2h")
    assert "state" in site.refused("messages", state="waiting")
    assert "q=" in site.refused("messages", q="x" * 10_000)
    assert "period" in site.refused("flow", period="year")
    assert "period" in site.refused("receivers", period="../../etc")
    assert "cursor" in site.refused("log", after="1;DROP TABLE")
    assert "severity" in site.refused("log", severity="loud")
    for odd in ("%", "_", "'; DROP TABLE flow; --", "\x00", "\udcff", "*" * 300, "<script>"):
        query = odd.encode(errors="surrogateescape")
        assert isinstance(site.get("messages", q=query)["messages"], list)
    site.cli("health")


def test_verbs_show_the_same(site):
    send(site, "an@example.test")
    site.wait_for_mail("an")
    wait_until("the end", lambda: len(found(site, state="delivered")) == 1, 20)
    assert re.search(r"^received +1 ", site.cli("flow", "--period", "hour"), re.MULTILINE)
    assert json.loads(site.cli("flow", "--json"))["step_seconds"] == 300
    assert "example.test" in site.cli("receivers")
    text = site.cli("messages", "an@example.test")
    assert "delivered" in text and "<stranger@example.org>" in text
    assert json.loads(site.cli("messages", "--state", "held", "--json"))["messages"] == []
    assert "state" in site.cli("messages", "--help")
    site.cli("messages", "--state", "waiting", code=2)
    site.cli("messages", "--after", "x", code=1)
    assert "message.accepted" in site.cli("log", "message.accepted")
    site.stop()
    # Without a server: what is kept.
    assert re.search(r"^received +1 ", site.cli("flow"), re.MULTILINE)
    assert "delivered" in site.cli("messages", "an@example.test")
    assert "nothing needs a hand" in site.cli("overview")
    site.cli("log", code=1)
    site.start()


def test_a_long_queue_makes_no_view_slow(new_server):
    """Prints how long each took: 200,000 messages with STAGEPOST_LONG, else fewer."""
    server = new_server()
    count = 200_000 if os.environ.get("STAGEPOST_LONG") else 5_000
    port, nobody = free_ports(2)
    server.set("api", addresses=[f"127.0.0.1:{port}"], requests_per_minute_max=100_000)
    server.set("policy", relay_networks=["127.0.0.0/8"])
    server.append(f'[[route]]\ndomain = "*"\nhost = "127.0.0.1"\nport = {nobody}\ntls = "none"')
    server.start()
    secret = token(server, "looks")
    for begin in range(0, count, 5_000):
        sent = bench.load(server.ports["smtp"], "--sessions", 20, "--messages", 5_000,
                          "--size", 600, "--from-number", begin,
                          "--rcpt", "user{n%1000}@d{n%100}.example")
        assert sent["accepted"] == 5_000, sent

    def timed(path: str, **query: object) -> dict:
        begun = time.monotonic()
        status, text = ask(f"http://127.0.0.1:{port}",
                           f"/api/v1/{path}?{urllib.parse.urlencode(query)}", secret)
        took = time.monotonic() - begun
        assert status == 200, text
        print(f"{took * 1000:7.0f} ms  {path} {query}")
        return json.loads(text)

    assert timed("overview")["queue"]["messages"] == count
    timed("overview")
    assert len(timed("messages")["messages"]) == 50
    assert len(timed("messages", state="deferred", limit=200)["messages"]) == 200
    assert timed("messages", q="user7@d7.example")["messages"]
    timed("messages", q="nobody@nowhere.example")
    timed("messages", q="no such words")
    timed("messages", state="held", q="user")
    timed("messages", state="failed")
    assert timed("receivers")["receivers"]
    timed("flow", period="month")
    timed("log", q="no such words")
    # Mail goes on meanwhile.
    assert bench.load(server.ports["smtp"], "--messages", 100)["accepted"] == 100
