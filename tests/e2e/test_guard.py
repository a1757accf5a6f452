"""What a stolen password may do; an administrator has the last word, also while it is down."""

import json
import re

import pytest
from peers.netns import Netns, wait_until
from sink import Sink
from stagepost import Stagepost
from talk import Talk

pytestmark = pytest.mark.sanitized
COUNT, MOST = 120, 20


def send(server: Stagepost, recipients: list[str]) -> list[str]:
    """One mail to each, all on one connection; their queue ids."""
    ids = []
    with Talk("127.0.0.1", server.ports["submissions"], "tls") as talk:
        assert talk.login(server.user, server.password)[0] == 235
        for recipient in recipients:
            text = f"From: <{server.user}>\r\nTo: <{recipient}>\r\nSubject: hello\r\n\r\nyou\r\n"
            code, answer = talk.mail(server.user, [recipient], text.encode())
            assert code == 250, answer  # what is held is not refused
            ids.append(re.search(r"Message (\S+) is", answer).group(1))
    return ids


def account(server: Stagepost) -> dict:
    return json.loads(server.cli("limits", "show", server.user, "--json"))["accounts"][0]


def strangers(first: int, count: int) -> list[str]:
    return [f"r{number}@elsewhere.test" for number in range(first, first + count)]


@pytest.fixture(name="sink")
def make_sink():
    with Sink() as sink:
        yield sink


@pytest.fixture(name="braked")
def make_braked(new_server, sink) -> Stagepost:
    """A server whose account has pulled the brake: MOST mails have left, the others are held."""
    server = new_server().set("delivery", relay_host=f"127.0.0.1:{sink.port}")
    server.cli("limits", "set", server.user, "--brake-new-recipients", str(MOST))  # it is down
    server.start()
    server.ids = send(server, strangers(0, COUNT))
    wait_until("what may leave", lambda: len(sink.mails) == MOST)
    assert account(server)["held"] == COUNT - MOST
    return server


def test_held_mail_says_why_and_is_released_with_one_command(braked, sink):
    told = [mail.decode() for mail in braked.wait_for_mail()]
    assert sum("held" in mail and "Auto-Submitted: auto-generated" in mail for mail in told) >= 1
    why = braked.cli("explain", braked.ids[-1])
    assert "limits release" in why and "the brake's limit is 20" in why, why
    shown = braked.cli("limits", "show", braked.user)
    assert "everything is held since" in shown and f"held: {COUNT - MOST}" in shown
    assert f"{COUNT - MOST} message(s) released; the brake is let go" in \
        braked.cli("limits", "release", braked.user)
    wait_until("the rest", lambda: len(sink.mails) == COUNT)
    assert send(braked, strangers(COUNT, 1))
    wait_until("one more", lambda: len(sink.mails) == COUNT + 1)
    assert "braked" not in account(braked) and account(braked)["held"] == 0


def test_purge_and_release_while_the_server_is_down(braked, sink):
    braked.stop()
    assert account(braked)["braked"]
    assert f"{COUNT - MOST} message(s) removed" in braked.cli("limits", "purge", braked.user)
    assert account(braked)["held"] == 0 and "braked" not in account(braked)
    braked.cli("limits", "set", "all", "off")
    braked.cli("limits", "set", braked.user, "default")
    braked.start()
    send(braked, strangers(1_000, 2 * MOST))  # turned off in one word
    wait_until("all of them", lambda: len(sink.mails) == 3 * MOST)
    assert account(braked)["held"] == 0


def test_bounces_pull_the_brake_and_a_limit_that_is_near_is_told(new_server, sink):
    server = new_server().set("delivery", relay_host=f"127.0.0.1:{sink.port}")
    server.cli("limits", "set", f"@{server.domain}", "--brake-bounces", "5", "--messages", "10")
    server.start()
    sink.answers["RCPT"] = ["550 5.1.1 nobody of that name"] * 6
    send(server, strangers(0, 8))
    wait_until("the brake", lambda: account(server).get("braked"))
    told = b"\n".join(server.wait_for_mail(count=8))  # six bounces, a warning, what is held
    assert b"You are near your limit" in told and b"Mail that you sent is held" in told
    send(server, strangers(0, 1))
    assert account(server)["held"] == 1
    assert len(sink.mails) == 2


def test_what_a_thief_has_scheduled_is_held_and_purged_with_the_rest(new_server, sink):
    server = new_server().set("delivery", relay_host=f"127.0.0.1:{sink.port}")
    server.cli("limits", "set", server.user, "--brake-new-recipients", str(MOST))
    server.start()
    with Talk("127.0.0.1", server.ports["submissions"], "tls") as talk:
        assert talk.login(server.user, server.password)[0] == 235
        for to in strangers(0, 10):
            assert talk.say(f"MAIL FROM:<{server.user}> HOLDFOR=3600")[0] == 250
            assert talk.say(f"RCPT TO:<{to}>")[0] == 250
            assert talk.say("DATA")[0] == 354
            assert talk.say("Subject: later\r\n\r\nyou\r\n.")[0] == 250
    ids = send(server, strangers(100, MOST))  # ten of these are too many
    wait_until("all are held", lambda: account(server)["held"] == MOST)
    server.cli("queue", "hold", ids[-1], "--reason", "police: keep")
    told = server.cli("limits", "purge", server.user)
    assert "9 message(s) removed; the brake is let go" in told, told
    assert "10 scheduled message(s) removed" in told and "1 message(s) that an operator" in told
    assert "police: keep" in server.cli("queue", "list")


def test_an_administrators_ban_is_safe_at_once_and_lifted_offline(new_server):
    server = new_server().start()
    server.cli("ban", "add", "192.0.2.77/24", "--for", "7d", "--reason", "guesses for weeks")
    server.kill()  # the power goes
    listed = server.cli("ban", "list")
    assert "192.0.2.0/24" in listed and "guesses for weeks" in listed
    assert "1 ban(s) lifted" in server.cli("ban", "lift", "192.0.2.0/24")
    server.start()
    assert "0 bans in force" in server.cli("ban", "list")
    for refused in ("127.0.0.1", "10.0.0.0/8", "::1", "0.0.0.0/0", "nonsense"):
        server.cli("ban", "add", refused, code=1)
    server.cli("ban", "add", "198.51.100.0/24")
    assert "0 ban(s) lifted" in server.cli("ban", "lift", "198.51.100.7", code=1)  # it is banned


def test_a_log_in_that_many_places_closed_is_listed_and_opened_by_name(new_server):
    ours, elsewhere = "203.0.113.5", "198.51.100.20"
    thieves = [f"20.1.{number}.1" for number in range(6)]
    with Netns(ours, elsewhere, *thieves) as net:
        server = new_server(net=net, address=ours).set("guard", delay_max="0s")
        server.set("guard", account_failures_max=10).start()

        def login(source: str, password: str) -> tuple[int, str]:
            with net.inside(lambda: Talk(ours, 465, "tls", source)) as talk:
                return talk.login(server.user, password)

        def close() -> None:
            for number in range(12):
                answer = login(thieves[number % 6], "wrong")
            assert answer[0] == 421 and "from many places" in answer[1] and "until 20" in answer[1]

        close()
        assert login(elsewhere, server.password)[0] == 421
        answer = json.loads(server.cli("ban", "list", "--json"))
        closed = answer["logins"][0]
        assert answer["bans"] == [] and closed["login"] == server.user
        assert "many places" in closed["why"] and closed["until"] > "20"
        wait_until("the log says why", lambda: "session.banned" in server.log_text()
                   and "until 20" in server.log_text())
        assert "1 log-in(s) open again" in server.cli("ban", "lift", server.user)
        assert "nonsense" not in server.cli("ban", "lift", "nonsense", code=1)
        close()
        server.stop()
        assert f"{server.user} " in server.cli("ban", "list")
        assert "1 log-in(s) open again" in server.cli("ban", "lift", "all")
        server.start()
        assert login(elsewhere, server.password)[0] == 235
        server.finish()
