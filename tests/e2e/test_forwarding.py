"""Aliases that lead out: SRS before a real Postfix, judged by pyspf; lists, their owners.

sender.test publishes an SPF record that names its own host alone: from others its mail fails.
"""

import base64
import re
import smtplib
import sys

import pytest
from mail import message
from peers.netns import Netns, command, wait_until
from peers.unpack import peers_root
from peers.verify_mail import verified
from sink import Sink
from test_postfix import CLIENT, NAMES, OURS, THEIRS, USERS, ZONE, World

ORIGIN = "10.0.0.5"
SENDER = "jane@sender.test"
NAMES_OF_SENDER = f"""
sender.test. MX 10 mx.sender.test.
mx.sender.test. A {ORIGIN}
5.0.0.10.in-addr.arpa. PTR mx.sender.test.
sender.test. TXT "v=spf1 ip4:{ORIGIN} -all"
example.test. TXT "v=spf1 ip4:{OURS} -all"
"""


@pytest.fixture(name="world")
def make_world(folder, new_server):
    with Netns(CLIENT, OURS, THEIRS, ORIGIN, NAMES, dns=NAMES) as net:
        world = World(net, folder, new_server)
        world.dns.change(ZONE + NAMES_OF_SENDER)
        world.server.cli("alias", "add", "away@example.test", USERS[0])
        yield world
        world.server.finish()


def send(world: World, text: bytes, to: str = "away@example.test",
         sender: str = SENDER, options: str = "") -> tuple[int, bytes]:
    """From the sender's own server; the last answer."""
    def dialogue() -> tuple[int, bytes]:
        with smtplib.SMTP(OURS, 25, "mx.sender.test", timeout=60,
                          source_address=(ORIGIN, 0)) as client:
            client.ehlo()
            assert client.docmd(f"MAIL FROM:<{sender}> {options}".strip())[0] == 250
            answer = client.docmd(f"RCPT TO:<{to}>")
            return client.data(text) if answer[0] == 250 else answer

    return world.net.inside(dialogue)


def return_path(mail: bytes) -> str:
    return re.search(rb"^Return-Path: <([^>]*)>", mail, re.MULTILINE)[1].decode()


def spf_of(world: World, mail: bytes) -> dict:
    """What Postfix's host thinks of what we brought it."""
    path = world.folder / "mail.eml"
    path.write_bytes(mail)
    return verified(world.net, path, OURS, "mx.example.test", return_path(mail))


def text_of(subject: str) -> bytes:
    return message(subject, sender=SENDER, to="away@example.test")


def test_a_strangers_address_becomes_ours(world):
    world.start()
    assert send(world, text_of("forwarded"))[0] == 250
    [mail] = world.postfix.wait_for_messages(USERS[0])
    ours = return_path(mail)
    assert re.fullmatch(r"SRS0=[a-z2-7]{6}=[a-z2-7]{2}=sender\.test=jane@example\.test", ours), ours
    assert spf_of(world, mail)["spf"] == "pass"
    assert "forwarded_as" in world.server.log_text(None)
    secrets = world.server.home / "state" / "srs-secrets"
    assert secrets.stat().st_mode & 0o777 == 0o600


def test_without_srs_spf_breaks(world):
    """What the setting is for, and that pyspf sees it."""
    world.server.set("forwarding", rewrite_sender="never")
    world.start()
    assert send(world, text_of("as it is"))[0] == 250
    [mail] = world.postfix.wait_for_messages(USERS[0])
    assert return_path(mail) == SENDER
    assert spf_of(world, mail)["spf"] == "fail"


def test_a_bounce_finds_the_sender(world):
    """Postfix takes it, cannot deliver it, and sends the bounce to our address for the sender."""
    world.server.cli("alias", "add", "gone@example.test", "late@postfix.test")
    world.mailboxes.append("late@postfix.test")
    world.start(virtual_alias_maps="inline:{{late@postfix.test=late@nomail.test}}")
    with world.net.inside(lambda: Sink(25, address=ORIGIN)) as sink:
        assert send(world, text_of("comes back"), to="gone@example.test")[0] == 250
        wait_until("the bounce", lambda: sink.mails, 60)
        [mail] = sink.mails
    assert (mail.sender, mail.recipients) == ("", [SENDER])
    assert b"Postfix" in mail.content and b"late@nomail.test" in mail.content


def test_a_refusal_is_told_to_the_sender(world):
    """It is our own report then, and names the alias."""
    world.server.cli("alias", "add", "no@example.test", "nobody@postfix.test")
    world.start()
    with world.net.inside(lambda: Sink(25, address=ORIGIN)) as sink:
        assert send(world, text_of("refused"), to="no@example.test")[0] == 250
        wait_until("the report", lambda: sink.mails, 60)
        [mail] = sink.mails
    assert (mail.sender, mail.recipients) == ("", [SENDER])
    assert b"To: jane@sender.test" in mail.content
    assert b"no@example.test" in mail.content and b"nobody@postfix.test" not in mail.content


def test_only_addresses_that_we_made_lead_back(world):
    world.start()
    assert send(world, text_of("made"))[0] == 250
    [mail] = world.postfix.wait_for_messages(USERS[0])
    ours = return_path(mail)
    for bad in (ours.replace("=jane@", "=john@"), ours.replace("sender.test", "victim.test")):
        code, words = send(world, b"", to=bad, sender="")
        assert code == 550 and b"was not made by this server" in words, words
    # By whoever: nobody else's mail is taken for it than a bounce's.
    with world.net.inside(lambda: Sink(25, address=ORIGIN)) as sink:
        assert send(world, text_of("a bounce"), to=ours.upper(), sender="")[0] == 250
        wait_until("it", lambda: sink.mails, 60)
        assert sink.mails[0].recipients[0].lower() == SENDER


def test_the_null_sender_and_ours_stay(world):
    world.start()
    assert send(world, text_of("from nobody"), sender="")[0] == 250
    [mail] = world.postfix.wait_for_messages(USERS[0])
    assert return_path(mail) in ("", "MAILER-DAEMON")
    world.to_postfix(["away@example.test"], message("from us"), sender="you@example.test")
    mails = world.postfix.wait_for_messages(USERS[0], 2)
    assert "you@example.test" in map(return_path, mails)


def signed(text: bytes, folder) -> tuple[bytes, str]:
    """With a signature of sender.test, and the record of its key."""
    packages = str(peers_root("PACKAGES_INTEROP") / "usr/lib/python3/dist-packages")
    if packages not in sys.path:
        sys.path.append(packages)
    import dkim
    key, bare = folder / "dkim.pem", folder / "dkim.der"
    command("openssl", "genrsa", "-out", key, "2048")
    command("openssl", "pkey", "-in", key, "-pubout", "-outform", "DER", "-out", bare)
    public = base64.b64encode(bare.read_bytes())
    field = dkim.sign(text, b"s", b"sender.test", key.read_bytes(), linesep=b"\r\n",
                      include_headers=[b"from", b"to", b"subject", b"date", b"message-id"])
    halves = public[:200].decode(), public[200:].decode()
    return field + text, ('s._domainkey.sender.test. TXT "v=DKIM1; k=rsa; '
                          f'p={halves[0]}" "{halves[1]}"\n')


def test_what_dkim_carries_keeps_its_sender(world):
    text, record = signed(text_of("signed"), world.folder)
    world.dns.change(ZONE + NAMES_OF_SENDER + record
                     + '_dmarc.sender.test. TXT "v=DMARC1; p=reject; adkim=s"\n')
    world.start()
    assert send(world, text)[0] == 250
    [mail] = world.postfix.wait_for_messages(USERS[0])
    assert return_path(mail) == SENDER
    verdict = spf_of(world, mail)
    assert (verdict["spf"], verdict["dmarc"]) == ("fail", "pass"), verdict
    world.server.stop()
    world.server.set("forwarding", rewrite_sender="always").start()
    assert send(world, text)[0] == 250
    mails = world.postfix.wait_for_messages(USERS[0], 2)
    assert any(return_path(one).startswith("SRS0=") for one in mails)


ALIASES = """\
# as in /etc/aliases
root: you
list: :include:{lists}/members
owner-list: root
"Odd Name": {user}
"""


def test_a_file_of_aliases_and_a_list_with_an_owner(world):
    """The list's members are in a file; one of them is gone, and the owner hears of it."""
    server = world.server
    lists = server.home / "lists"
    lists.mkdir()
    (lists / "members").write_text("\n".join(["# members", *USERS, "gone@postfix.test"]) + "\n")
    aliases = server.home / "aliases"
    aliases.write_text(ALIASES.format(lists=lists, user=USERS[1]))
    server.append(f'[[alias_file]]\npath = "{aliases}"\nlists_folder = "{lists}"')
    world.start()
    assert send(world, text_of("to the list"), to="list@example.test")[0] == 250
    for user in USERS:
        [mail] = world.postfix.wait_for_messages(user, seconds=60)
        assert return_path(mail) == "owner-list@example.test"
    assert spf_of(world, mail)["spf"] == "pass"
    [report] = server.wait_for_mail()
    assert b"gone@postfix.test" in report and b"To: owner-list@example.test" in report

    server.cli("alias", "add", "mid@example.test", USERS[1])
    listed = server.cli("alias", "list").splitlines()
    addresses = [line.split(" →")[0] for line in listed]
    assert addresses == sorted(addresses) and len(addresses) == len(set(addresses))
    assert f"mid@example.test → {USERS[1]}" in listed
    assert any(line.startswith("list@example.test →") and line.endswith(f"  ({aliases}:3)")
               for line in listed), listed

    assert send(world, text_of("odd"), to='"odd name"@example.test')[0] == 250
    world.postfix.wait_for_messages(USERS[1], 2)
    # What somebody writes into it counts without a reload; what is broken does not.
    code, _ = send(world, b"", to="later@example.test")
    assert code == 550
    aliases.write_text(aliases.read_text() + f"later: {USERS[2]}\n")
    wait_until("the new alias", lambda: send(world, text_of("later"), to="later@example.test")[0]
               == 250, 20)
    aliases.write_text(aliases.read_text() + 'prog: "|/usr/bin/procmail"\nno colon\n')
    wait_until("the fault in the log", lambda: "aliases:7: prog:" in server.log_text(None), 20)
    assert "aliases:8: " in server.log_text(None)
    assert send(world, text_of("later"), to="later@example.test")[0] == 250
    assert send(world, b"", to="nobody@example.test")[0] == 550
    # After a start nobody remembers the good state: nobody is refused for the fault.
    server.stop()
    server.start()
    assert send(world, b"", to="prog@example.test")[0] == 451
    assert send(world, b"", to="nobody@example.test")[0] == 451
    assert send(world, text_of("later"), to="later@example.test")[0] == 250
