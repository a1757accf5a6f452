"""Strangers: no open relay on any port, nothing behind STARTTLS, no SASL that confuses."""

import re
import shutil
import subprocess

import pytest
from mail import message
from peers import unpack
from peers.clients import environment
from peers.netns import Netns
from sink import Sink
from stagepost import Stagepost
from talk import Scram, Talk, b64, plain

pytestmark = pytest.mark.sanitized
OURS, STRANGER = "203.0.113.25", "203.0.113.66"
PORTS = {"mx": (25, ""), "submission": (587, "starttls"), "submissions": (465, "tls")}
NMAP_SECONDS_MAX = 60

# What relays were tricked with (RFC 5321 §4.1.2, appendix F.2).
RECIPIENTS = [
    "victim@elsewhere.test", "victim@ELSEWHERE.test", "victim@elsewhere.test.",
    "postmaster@elsewhere.test", "abuse@elsewhere.test",
    "victim%elsewhere.test@example.test", "victim%elsewhere.test@mail.example.test",
    f"victim%elsewhere.test@[{OURS}]", f"victim%elsewhere.test@{OURS}", "victim%elsewhere.test",
    "@example.test:victim@elsewhere.test", f"@[{OURS}]:victim@elsewhere.test",
    "@example.test,@mail.example.test:victim@elsewhere.test",
    '"victim@elsewhere.test"', '"victim%elsewhere.test"', '"victim@elsewhere.test"@example.test',
    '"victim%elsewhere.test"@example.test', f'"victim@elsewhere.test"@[{OURS}]',
    "victim@elsewhere.test@example.test", f"victim@elsewhere.test@[{OURS}]",
    "elsewhere.test!victim", "elsewhere.test!victim@example.test",
    f"elsewhere.test!victim@[{OURS}]", "example.test!elsewhere.test!victim",
    "victim@[198.51.100.9]", "victim@198.51.100.9", "victim@[IPv6:2001:db8:9::1]",
    f"victim@[{OURS}]", "victim@localhost", "victim@[127.0.0.1]", "victim@",
    "victim@elsewhere.test\\@example.test", "victim@elsewhere.test,you@example.test",
    "victim@elsewhere.test example.test", "victim\\@elsewhere.test@example.test",
    "SMTP:victim@elsewhere.test", "|/bin/sh", "/etc/passwd", "victim@élsewhere.test",
]
SENDERS = ["", "victim@elsewhere.test", "you@example.test", "postmaster@example.test",
           f"you@[{OURS}]", "root@localhost"]


class World:
    """The server at a public address; what it relays would come to the sink."""

    def __init__(self, net: Netns, sink: Sink, server: Stagepost):
        self.net, self.sink, self.server = net, sink, server

    def talk(self, listener: str, secured: bool = True, **more) -> Talk:
        port, security = PORTS[listener]
        security = security if secured or security == "tls" else ""
        return self.net.inside(lambda: Talk(OURS, port, security, STRANGER, **more))

    def assert_nothing_left(self) -> None:
        """Not at the relay, not in the queue."""
        assert self.sink.mails == []
        assert "elsewhere" not in self.server.cli("queue", "list")


@pytest.fixture(name="world")
def make_world(new_server):
    with Netns(OURS, "198.51.100.7") as net:
        with net.inside(lambda: Sink(25, address="198.51.100.7")) as sink:
            server = new_server(net=net, address=OURS)
            server.set("", hostname="mail.example.test")
            server.set("delivery", relay_host="198.51.100.7:25").set("limits", errors_max=1000)
            yield World(net, sink, server.start())
            server.finish()


@pytest.mark.parametrize("sender", SENDERS, ids=[sender or "null" for sender in SENDERS])
def test_nobody_relays_through_port_25(world, sender):
    with world.talk("mx") as talk:
        for recipient in RECIPIENTS:
            talk.say("RSET")
            talk.say(f"MAIL FROM:<{sender}>")
            code, text = talk.say(f"RCPT TO:<{recipient}>".encode())
            assert 500 <= code <= 599, f"{recipient}: {code} {text}"
    world.assert_nothing_left()


def test_the_way_is_open_for_the_relay_itself(world):
    """Or else the tests around this one show nothing: with a log-in the same mail leaves."""
    with world.talk("submission") as talk:
        assert talk.login(world.server.user, world.server.password)[0] == 235
        code, text = talk.mail(world.server.user, [RECIPIENTS[0]],
                               message("mine").replace(b"friend@example.net", b"you@example.test"))
        assert code == 250, text


@pytest.mark.parametrize(("listener", "secured"), [
    ("submission", False), ("submission", True), ("submissions", True)])
def test_submission_ports_want_a_login(world, listener, secured):
    """Invariant 5, for our own recipients and senders, too."""
    with world.talk(listener, secured) as talk:
        for sender in SENDERS:
            code, text = talk.say(f"MAIL FROM:<{sender}>")
            assert (code, text[:5]) == (530, "5.7.0"), sender
            for recipient in ("victim@elsewhere.test", world.server.user, "postmaster"):
                assert talk.say(f"RCPT TO:<{recipient}>")[0] in (503, 530)
            assert talk.say("DATA")[0] in (503, 530)
        if secured:
            assert talk.login(world.server.user, "wrong")[0] == 535
            assert talk.say(f"MAIL FROM:<{world.server.user}>")[0] == 530
            code, _ = talk.say(f"MAIL FROM:<{world.server.user}> AUTH={world.server.user}")
            assert code in (530, 555)  # RFC 4954 §5: a name of somebody trusted logs nobody in
    world.assert_nothing_left()


def test_an_app_password_that_may_only_read_sends_nothing(world):
    output = world.server.cli("app-password", "add", world.server.user, "reader", "--read")
    password = re.search(r"^Password[^:]*: (\S+)$", output, re.MULTILINE)[1]
    with world.talk("submission") as talk:
        code, text = talk.login(f"{world.server.user}/reader", password)
        assert code == 535, text
        assert talk.say(f"MAIL FROM:<{world.server.user}>")[0] == 530


def test_nmap_finds_no_open_relay(world):
    """Its script smtp-open-relay, on each port; on the ports with a log-in it must not get in."""
    root = unpack.peers_root()
    command = [*world.net.prefix(), root / "usr/bin/nmap", "--datadir", root / "usr/share/nmap",
               "-Pn", "-n", "-sT", "-p", "25,465,587", "--script",
               "+smtp-open-relay,+smtp-commands", "--script-args",
               "smtp-open-relay.domain=elsewhere.test,smtp-open-relay.ip=" + OURS, OURS]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env=environment(), check=False, timeout=NMAP_SECONDS_MAX)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "25/tcp  open" in done.stdout and "587/tcp open" in done.stdout, done.stdout
    assert "smtp-open-relay: Server doesn't seem to be an open relay" in done.stdout, done.stdout
    assert "is an open relay" not in done.stdout, done.stdout
    world.assert_nothing_left()


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "SCRAM-SHA-256", "XOAUTH2", "ANONYMOUS"])
def test_no_login_before_tls(world, mechanism):
    for listener in ("mx", "submission"):
        with world.talk(listener, secured=False) as talk:
            assert not any(word.startswith("AUTH") for word in talk.offered)
            answer = plain(world.server.user, world.server.password)
            code, _ = talk.say(f"AUTH {mechanism} {answer}")
            assert 500 <= code <= 599
            assert talk.say(f"MAIL FROM:<{world.server.user}>")[0] in (250, 530)
            assert 500 <= talk.say("RCPT TO:<victim@elsewhere.test>")[0] <= 599
    world.assert_nothing_left()


def test_no_login_on_port_25(world):
    with world.talk("mx", secured=False) as talk:
        assert talk.say("STARTTLS")[0] == 220
        talk.secure()
        talk.hello()
        assert not any(word.startswith("AUTH") for word in talk.offered)
        assert talk.login(world.server.user, world.server.password)[0] in (502, 503, 538)


@pytest.mark.parametrize("behind", [
    b"AUTH PLAIN {login}\r\n", b"EHLO evil.test\r\n", b"RSET\r\nMAIL FROM:<you@example.test>\r\n",
    b"NOOP\r\n" * 1000, b"AUTH PLAIN\r\n{login}\r\n", b"\x16\x03\x01", b"EHLO half a li"])
def test_what_came_behind_starttls_is_dropped(world, behind):
    """A stranger adds commands before the handshake; under TLS nothing knows of them."""
    login = plain(world.server.user, world.server.password).encode()
    with world.talk("submission", secured=False) as talk:
        talk.send(b"STARTTLS\r\n" + behind.replace(b"{login}", login))
        code, _ = talk.reply()
        if code != 220:
            assert code == 0 or code >= 500
            return
        try:
            talk.secure()
        except OSError:
            return  # what was left was no handshake: closed
        talk.send(b"NOOP\r\n")
        first = talk.reply()
        assert first[0] in (0, 250), "an answer to what came before TLS"
        if first[0]:
            assert talk.say("MAIL FROM:<you@example.test>")[0] in (503, 530)


def test_what_is_known_before_starttls_is_forgotten(world):
    """RFC 3207 §4.2: the EHLO before the handshake does not count."""
    with world.talk("submission", secured=False) as talk:
        assert talk.say("STARTTLS")[0] == 220
        talk.secure()
        assert talk.login(world.server.user, world.server.password)[0] == 503
        talk.hello()
        assert talk.login(world.server.user, world.server.password)[0] == 235


# «…» is sent as base64.
MALFORMED = [
    ["AUTH"], ["AUTH "], ["AUTH  PLAIN"], ["AUTH PLAIN !!!!"], ["AUTH PLAIN ="], ["AUTH PLAIN A"],
    ["AUTH PLAIN AAA"], ["AUTH PLAIN AA=A"], ["AUTH PLAIN ===="], ["AUTH PLAIN AAAA BBBB CCCC"],
    ["AUTH\tPLAIN"], ["AUTH PLAIN\0"], ["AUTH PLAIN\tAAAA"], ["AUTH \0\0\0"], ["AUTH " + "X" * 200],
    ["AUTH ../../etc/passwd"], ["AUTH PLAIN;ls"], ["AUTH %s%n%x"], ["AUTH PLAIN-PLUS AAAA"],
    ["AUTH CRAM-MD5"], ["AUTH DIGEST-MD5"], ["AUTH EXTERNAL ="], ["AUTH ANONYMOUS eA=="],
    ["AUTH GSSAPI"], ["AUTH NTLM"], ["AUTH PLAIN «you@example.test»"],
    ["AUTH PLAIN «\0you@example.test»"], ["AUTH PLAIN «\0\0»"],
    ["AUTH PLAIN «\0\0\0»"], ["AUTH PLAIN " + b64("\0" * 1000)],
    ["AUTH PLAIN «\0you@example.test\0{password}\0»"],
    ["AUTH PLAIN «\0you@example.test\0{password}\0more»"],
    ["AUTH PLAIN «you@example.test\0{password}»"],
    ["AUTH PLAIN «friend@example.test\0you@example.test\0{password}»"],
    ["AUTH PLAIN «\0you@example.test\0»"], ["AUTH PLAIN «\0you@example.test\0\n»"],
    ["AUTH PLAIN " + b64(b"\0\xff\xfe\xfd\0\xff")], ["AUTH PLAIN " + b64(b"\0\xc3\0\xed\xa0\x80")],
    ["AUTH PLAIN " + b64("\0" + "a" * 700 + "\0" + "b" * 700)],
    ["AUTH PLAIN " + "A" * 100_000], ["AUTH PLAIN", "A" * 100_000], ["AUTH PLAIN", "*"],
    ["AUTH PLAIN", ""], ["AUTH PLAIN", "="], ["AUTH PLAIN", "QUIT"], ["AUTH PLAIN", "\0"],
    ["AUTH PLAIN", "not base64 at all"], ["AUTH LOGIN", "*"], ["AUTH LOGIN", ""],
    ["AUTH LOGIN", "", ""], ["AUTH LOGIN", "«you@example.test»", "*"],
    ["AUTH LOGIN", "«you@example.test»", ""], ["AUTH LOGIN", "????"],
    ["AUTH LOGIN", "«you@example.test\0{password}»", "«x»"],
    ["AUTH LOGIN", "«you@example.test»", "A" * 100_000],
    ["AUTH LOGIN «you@example.test»", "«»"], ["AUTH LOGIN =", "="],
    ["AUTH SCRAM-SHA-256"], ["AUTH SCRAM-SHA-256", "*"], ["AUTH SCRAM-SHA-256 ="],
    ["AUTH SCRAM-SHA-256 «n,,n=you@example.test»"],
    ["AUTH SCRAM-SHA-256 «n,,r=abc»"], ["AUTH SCRAM-SHA-256 «n,,n=,r=abc»"],
    ["AUTH SCRAM-SHA-256 «n,,m=must,n=you@example.test,r=abc»", "*"],
    ["AUTH SCRAM-SHA-256 «n,,n=you=40example.test,r=abc»", "*"],
    ["AUTH SCRAM-SHA-256 «n,a=friend@example.test,n=you@example.test,r=abc»", "*"],
    ["AUTH SCRAM-SHA-256 «x,,n=you@example.test,r=abc»", "*"],
    ["AUTH SCRAM-SHA-256 " + b64("n,,n=you@example.test,r=" + "a" * 1000), "*"],
    ["AUTH SCRAM-SHA-256 «n,,n=you@example.test,r=a\0b»", "*"],
    ["AUTH SCRAM-SHA-256 «n,,n=you@example.test,r=abc»", ""],
    ["AUTH SCRAM-SHA-256 «n,,n=you@example.test,r=abc»", "«c=biws,r=abc»"],
    ["AUTH SCRAM-SHA-256 «n,,n=you@example.test,r=abc»", "«c=biws,r=abc,p=AAAA»"],
    ["AUTH SCRAM-SHA-256 «n,,n=you@example.test,r=abc»", "A" * 100_000],
    ["AUTH SCRAM-SHA-256-PLUS «p=tls-exporter,,n=you@example.test,r=abc»", "*"],
    ["AUTH SCRAM-SHA-256-PLUS «p=no-such,,n=you@example.test,r=abc»", "*"],
    ["AUTH SCRAM-SHA-256-PLUS «n,,n=you@example.test,r=abc»", "*"],
    ["AUTH SCRAM-SHA-1 «n,,n=you@example.test,r=abc»", "*"],
    ["AUTH OAUTHBEARER «n,a=you@example.test,\1auth=Bearer x\1\1»", "AQ=="],
    ["AUTH XOAUTH2 «user=you@example.test\1auth=Bearer x\1\1»", ""],
    ["AUTH XOAUTH2 «\1\1\1\1»"], ["AUTH OAUTHBEARER", "*"],
]


@pytest.mark.parametrize("lines", MALFORMED, ids=[f"{i}-{lines[0][:24].strip()}" for i, lines in
                                                  enumerate(MALFORMED)])
def test_malformed_sasl(hostile_talk, lines):
    """No log-in, no crash, and the next command gets its own answer."""
    server, talk = hostile_talk()
    for line in lines:
        line = line.replace("{password}", server.password)
        code, text = talk.say(re.sub("(?s)«(.*?)»", lambda found: b64(found[1]), line))
        if code != 334:
            break
    else:
        if code == 334:  # it would listen to more
            code, text = talk.say("*")
    assert code == 0 or 400 <= code <= 599, f"{code} {text}"
    assert code == 0 or talk.say("NOOP")[0] in (0, 250), "out of step"
    server, talk = hostile_talk()
    assert talk.say(f"MAIL FROM:<{server.user}>")[0] == 530


@pytest.fixture(scope="module", name="hostile_server")
def make_hostile_server(tmp_path_factory):
    home = tmp_path_factory.mktemp("hostile")
    server = Stagepost(home).init().set("guard", on=False).start()
    yield server
    server.finish()
    shutil.rmtree(home)


@pytest.fixture(name="hostile_talk")
def make_hostile_talk(hostile_server):
    talks = []

    def connect() -> tuple[Stagepost, Talk]:
        talks.append(Talk("127.0.0.1", hostile_server.ports["submissions"], "tls"))
        return hostile_server, talks[-1]

    yield connect
    for talk in talks:
        talk.close()


@pytest.mark.parametrize("wrong", ["nonce", "header", "proof", "password", "downgrade", "binding"])
def test_scram_that_is_not_right(hostile_talk, wrong):
    server, talk = hostile_talk()
    plus = wrong == "binding"
    # "y": the client could bind, and believes that the server cannot; it can: somebody between them
    # has hidden the -PLUS (RFC 5802 §6).
    header = {"downgrade": "y,,", "binding": "p=tls-exporter,,"}.get(wrong, "n,,")
    client = Scram(server.user, "wrong" if wrong == "password" else server.password, header,
                   b"\0" * 32 if plus else b"")
    code, text = talk.say(f"AUTH SCRAM-SHA-256{'-PLUS' if plus else ''} {client.first()}")
    if wrong != "downgrade" or code == 334:
        assert code == 334, text
        code, text = talk.say(client.final(
            text, sent_nonce="other" if wrong == "nonce" else None,
            header="y,," if wrong == "header" else None, spoil=wrong == "proof"))
    assert code == 535 or (code == 501 and wrong not in ("proof", "password")), f"{code} {text}"
    assert talk.say(f"MAIL FROM:<{server.user}>")[0] == 530


def test_scram_that_is_right(hostile_talk):
    """Or else the test above shows nothing; and the server proves that it knows the verifier."""
    server, talk = hostile_talk()
    client = Scram(server.user, server.password)
    code, text = talk.say(f"AUTH SCRAM-SHA-256 {client.first()}")
    assert code == 334, text
    code, text = talk.say(client.final(text))
    if code == 334:  # RFC 5802: v=… is the server's; the client then agrees with nothing
        assert text == b64(b"v=" + b64(client.server_signature).encode())
        code, text = talk.say("")
    assert code == 235, text


def test_login_only_once_and_only_before_mail(hostile_talk):
    server, talk = hostile_talk()
    assert talk.login(server.user, server.password)[0] == 235
    assert talk.login(server.user, server.password)[0] == 503
    assert talk.say(f"MAIL FROM:<{server.user}>")[0] == 250
    assert talk.login(server.user, server.password)[0] == 503
    assert talk.say("RSET")[0] == 250
    assert talk.login(server.user, server.password)[0] == 503
