"""Privacy: a mail's whole life leaves no local part and no subject where none may be, and an idle
server asks nobody but whom docs/privacy.md names."""

import json
import re
import socket
import struct
import threading
import time

import pytest
from mail import message
from peers.netns import Netns, wait_until
from sink import Sink
from talk import Talk

pytestmark = pytest.mark.sanitized
# Names that occur nowhere else, in all the ways that they are written.
SENDER, REMOTE, LATER, WRONG, GUESSED = ("zebedeequux", "wilhelminaqux", "xaverinaquux",
                                         "nonexistaquux", "guessedaquux")
OWNER = "ottokarquux"
SUBJECT = "Quetzalcoatl"
SECRETS = [SENDER, REMOTE, LATER, WRONG, GUESSED, OWNER, SUBJECT]
# What needs the real names: queued mail, mailboxes, the directory with its own people, and the
# counters of own accounts (of others only keyed hashes, which is looked at apart).
NEEDS_NAMES = re.compile(r"/state/(journal/|directory\.db|state\.db)")


def live(server, sink: Sink) -> str:
    """Accepted, relayed, deferred, refused, bounced; the id of the one that was deferred."""
    port = server.ports["smtp"]
    text = message(f"{SUBJECT} plan", to=f"{OWNER}@example.test", sender=f"{SENDER}@far.test")
    with Talk("127.0.0.1", port) as talk:
        assert talk.mail(f"{SENDER}@far.test", [f"{OWNER}@example.test"], text)[0] == 250
        talk.say(f"MAIL FROM:<{SENDER}@far.test>")
        assert talk.say(f"RCPT TO:<{WRONG}@example.test>")[0] == 550
        assert talk.say(f"RCPT TO:<{WRONG}@elsewhere.test>")[0] == 550
        assert talk.say(f"RCPT TO:<{WRONG}@example.test> NOSUCH={WRONG}")[0] >= 500
        talk.say("RSET")
        assert talk.say(f"MAIL FROM:<{SENDER}@far.test> SIZE=99999999999")[0] >= 500
        assert talk.say(f"VRFY {WRONG}")[0] > 200
        assert talk.say(f"Subject: {SUBJECT}")[0] == 500
    with Talk("127.0.0.1", server.ports["submission"], "starttls") as talk:
        assert talk.login(f"{GUESSED}@example.test", "wrong")[0] == 535
        assert talk.login(GUESSED, "wrong")[0] == 535
        code, _ = talk.login(f"{OWNER}@example.test", "a long enough 1")
        assert code == 235
        sink.answers = {
            "RCPT": [f"550 5.1.1 <{REMOTE}@far.test>: no {REMOTE} here; Subject: {SUBJECT}",
                     f"450 4.2.1 {LATER.upper()} is busy"],
            "END": []}
        out = message(f"{SUBJECT} again", sender=f"{OWNER}@example.test", to="x@far.test")
        code, said = talk.mail(f"{OWNER}@example.test", [f"{REMOTE}@far.test"], out)
        assert code == 250, said
        server.wait_for_mail(OWNER, 2)  # the first mail, and the bounce
        code, said = talk.mail(f"{OWNER}@example.test", [f"{LATER}+tag@far.test"], out)
        assert code == 250, said
    ident = re.search(r"Message (\w{13})", said).group(1)
    wait_until("an attempt", lambda: "not delivered yet" in explain(server, ident), 30)
    return ident


def explain(server, what: str, code: int | None = None) -> str:
    return server.cli("explain", what, code=code)


def occurrences(text: str | bytes) -> list[str]:
    if isinstance(text, bytes):
        text = text.decode("utf-8", errors="replace")
    return [secret for secret in SECRETS if secret.lower() in text.lower()]


def api(server, target: str) -> str:
    """Over the control socket, as the command line asks."""
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(20)
        one.connect(str(server.home / "state/control.sock"))
        one.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                    .encode())
        out = b""
        while more := one.recv(65536):
            out += more
    return out.decode()


@pytest.fixture(name="sink")
def make_sink():
    with Sink() as sink:
        yield sink


def start(new_server, sink: Sink, **privacy):
    server = new_server()
    server.add_user(f"{OWNER}@example.test")
    server.set("privacy", **privacy)
    server.set("trace", file_bytes_max="1MiB")
    server.set("delivery", relay_host=f"127.0.0.1:{sink.port}")
    server.set("log", level="debug")
    return server.start()


@pytest.mark.parametrize("how", ["hash", "redact"])
def test_no_name_is_left_in_what_is_written(new_server, sink, how):
    server = start(new_server, sink, local_parts=how)
    ident = live(server, sink)
    answers = [explain(server, ident), api(server, f"/api/v1/events?what={ident}"),
               api(server, f"/api/v1/explain?what={ident}"), server.cli("doctor", code=None)]
    session = re.search(r'"session":"(s\w{13})"', answers[1]).group(1)
    answers += [explain(server, session), api(server, f"/api/v1/events?what={session}")]
    for answer in answers:
        assert not occurrences(answer), answer
    if how == "hash":
        # By the address that somebody types, and by the pseudonym that a log line shows.
        for one in (f"{LATER}+tag@far.test", f"{SENDER}@far.test"):
            told = explain(server, one, code=0)
            assert "Message" in told and not occurrences(told), told
        pseudonym = re.search(r"~[0-9a-f]{14}\+[0-9a-f]{6}@far\.test", answers[0]).group(0)
        assert ident in explain(server, pseudonym, code=0)
        assert (server.home / "state/privacy.key").stat().st_mode & 0o777 == 0o600
    else:
        assert explain(server, f"{SENDER}@far.test", code=1) == ""
    server.stop()
    everything = [path for path in (server.home / "state").rglob("*")
                  if path.is_file() and not NEEDS_NAMES.search(str(path))]
    assert any(path.suffix == ".trace" for path in everything)
    for path in [*everything, server.log]:
        found = occurrences(path.read_bytes())
        assert not found, f"{path} has {found}"
    foreign = [one for one in occurrences((server.home / "state/state.db").read_bytes())
               if one != OWNER]
    assert not foreign, f"state.db has {foreign}"
    assert "message.accepted" in server.log_text(None)


def test_a_person_is_erased_from_hashed_traces(new_server, sink):
    server = start(new_server, sink, local_parts="hash")
    ident = live(server, sink)
    shown = json.loads(server.cli("user", "export", f"{OWNER}@example.test"))
    assert len(shown["events"]) > 3
    server.cli("user", "erase", f"{OWNER}@example.test", "--yes", "--mail")
    assert "erased" in explain(server, ident)
    assert ident not in explain(server, f"{OWNER}@example.test", code=None)


def test_by_default_names_stand_and_subjects_do_not(new_server, sink):
    server = start(new_server, sink)
    live(server, sink)
    log = server.log_text(None)
    assert SENDER in log and REMOTE in log
    assert SUBJECT not in log


def test_subjects_are_told_when_wanted(new_server, sink):
    server = start(new_server, sink, subjects="keep")
    ident = live(server, sink)
    assert f"{SUBJECT} again" in api(server, f"/api/v1/events?what={ident}")


# --- what leaves an idle machine ---------------------------------------------------------------

RESOLVER = "203.0.113.53"


class Watcher:
    """All IP packets that leave the namespace by its only way out."""

    def __init__(self, net: Netns):
        self.seen: list[tuple[str, int, int, bytes]] = []  # to, protocol, port, payload
        net.run("ip", "link", "add", "out", "type", "veth", "peer", "name", "far")
        net.run("ip", "link", "set", "far", "up")
        net.run("ip", "address", "add", "198.51.100.9/24", "dev", "out")
        # Nobody is at the other end: without ARP packets leave nevertheless.
        net.run("ip", "link", "set", "out", "arp", "off", "up")
        net.run("ip", "route", "add", "default", "dev", "out")
        self.socket = net.inside(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                                       socket.htons(3)))
        self.socket.bind(("out", 0))
        self.socket.settimeout(0.2)
        self.ended = False
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self) -> None:
        while not self.ended:
            try:
                packet = self.socket.recv(65536)
            except TimeoutError:
                continue
            if packet[0] >> 4 != 4:
                continue  # neighbour discovery of the interface itself
            size = (packet[0] & 15) * 4
            port = struct.unpack("!H", packet[size + 2:size + 4])[0]
            payload = packet[size + 8:] if packet[9] == 17 else b""
            self.seen.append((socket.inet_ntoa(packet[16:20]), packet[9], port, payload))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()
        self.socket.close()

    def names(self) -> set[str]:
        out = set()
        for _, _, _, payload in self.seen:
            labels, at = [], 12
            while at < len(payload) and payload[at]:
                labels.append(payload[at + 1:at + 1 + payload[at]].decode(errors="replace"))
                at += 1 + payload[at]
            out.add(".".join(labels).lower() or ".")
        return out


@pytest.fixture(name="world")
def make_world(new_server):
    with Netns("127.0.0.2", dns=RESOLVER) as net:
        server = new_server("home.test", net=net)
        with Watcher(net) as watcher:
            yield server, watcher
            server.stop()


def test_an_idle_server_asks_only_whom_the_page_names(world):
    server, watcher = world
    server.set("doctor", every="2s")  # as if an hour had passed
    server.start()
    wait_until("the doctor's questions", lambda: watcher.seen, 60)
    time.sleep(8)
    others = {one[:3] for one in watcher.seen if one[0] != RESOLVER or one[2] != 53}
    assert not others, others
    allowed = re.compile(
        r"^(\.|_ta-[\w-]+|[\w.-]*localhost|"
        r"[\w.-]*home\.test|test|[\d.]+\.in-addr\.arpa|[\w.]+\.ip6\.arpa|"
        r"gmail\.com|[\w.-]*\.(spamhaus\.org|spamcop\.net|surriel\.com|mailspike\.net)|"
        r"spamhaus\.org|spamcop\.net|surriel\.com|mailspike\.net|com|org|net|arpa|"
        r"in-addr\.arpa|[\w.-]*root-servers\.net)$")
    strange = {name for name in watcher.names() if not allowed.match(name)}
    assert not strange, strange


def test_without_the_doctor_an_idle_server_is_silent(world):
    server, watcher = world
    server.set("doctor", every="0s")
    server.start()
    time.sleep(8)
    assert not watcher.seen, watcher.names()
