"""Moving in from Postfix: `stagepost import` reads real configurations; mail goes on as before."""

import json
import os
import re
import shutil
import smtplib
import subprocess
from pathlib import Path

import pytest
from mail import message
from peers import unpack
from peers.netns import Netns, wait_until
from peers.postfix import Postfix
from sink import Sink
from stagepost import Stagepost

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "import"
NAMES = sorted(path.name for path in SAMPLES.iterdir())
CLIENT, OLD, ELSE = "10.0.0.1", "10.0.0.3", "10.0.0.4"


def postconf(folder: Path) -> list[str]:
    """The names of all parameters that `postconf -n` prints for the configuration in folder."""
    root = unpack.peers_root()
    done = subprocess.run([root / "usr/sbin/postconf", "-c", folder, "-n"],
                          env={**os.environ, "LD_LIBRARY_PATH": unpack.library_path(root),
                               "MAIL_CONFIG": str(folder)},
                          capture_output=True, text=True, check=False, timeout=30)
    names = re.findall(r"^(\w+) =", done.stdout, re.MULTILINE)
    assert names, done.stderr
    return [name for name in names if name != "config_directory"]  # it comes from -c


def home_for(folder: Path, net: Netns | None = None, address: str = "127.0.0.1") -> Stagepost:
    home = folder / "moved"
    home.mkdir()
    return Stagepost(home, "moved.test", net=net, address=address)


def report(server: Stagepost, folder: Path, *options: str) -> dict:
    return json.loads(server.cli("import", "postfix", str(folder), "--json", *options))


def copied(folder: Path, name: str) -> Path:
    """A sample without what postconf refuses: lines that are none, addresses not of this host."""
    shutil.copytree(SAMPLES / name, folder / name)
    etc = folder / name / "etc/postfix"
    for file in ("main.cf", "master.cf"):
        text = (etc / file).read_text().replace("192.0.2.25, 2001:db8::25, ", "")
        lines = text.splitlines(keepends=True)
        (etc / file).write_text("".join(
            line for line in lines if not line.startswith(("this line has", "short line"))))
    return etc


@pytest.mark.parametrize("name", NAMES)
def test_check_accepts_what_import_writes(folder, name):
    """Each parameter that postconf prints has its line, and the configuration is right."""
    etc = copied(folder, name)
    server = home_for(folder)
    said = report(server, etc)
    noted = {note["line"] for note in said["notes"] if note["file"].endswith("main.cf")}
    lines = (etc / "main.cf").read_text().splitlines()
    for parameter in postconf(etc):
        at = [number for number, line in enumerate(lines, 1)
              if re.match(rf"{parameter}\s*=", line)]
        assert at and noted.issuperset(at), parameter
    assert sum(said["counts"].values()) == len(said["notes"])
    assert "is fine" in server.cli("check")
    secret = "password =" in server.config.read_text()
    assert secret == (name == "satellite")
    assert server.config.stat().st_mode & 0o777 == (0o600 if secret else 0o644)
    assert "s3cr:et" not in json.dumps(said)
    passwords = server.home / "import-passwords.txt"
    if said["mailboxes"]:
        assert passwords.stat().st_mode & 0o777 == 0o600
    users = server.cli("user", "list")
    assert all(address in users for address in said["mailboxes"])
    aliases = server.cli("alias", "list")
    assert all(alias["address"] in aliases for alias in said["aliases"])


def test_nothing_is_overwritten_and_a_dry_run_does_nothing(folder):
    server = home_for(folder)
    etc = SAMPLES / "satellite/etc/postfix"
    shown = server.cli("import", "postfix", str(etc), "--dry-run")
    assert not list(server.home.iterdir())
    assert "s3cr:et" not in shown and "Nothing was done" in shown and "BY HAND" in shown
    server.cli("import", "postfix", str(etc))
    before = server.config.read_text()
    server.cli("import", "postfix", str(etc), code=1)
    assert server.config.read_text() == before
    server.cli("import", "postfix", str(folder), code=1)  # no main.cf


def send(sender: str, recipient: str, subject: str) -> None:
    with smtplib.SMTP(OLD, 25, "client.test", timeout=60, source_address=(CLIENT, 0)) as client:
        assert client.sendmail(sender, [recipient], message(subject, to=recipient)) == {}


def the_day(net: Netns, when: str) -> None:
    """A mail to an alias, a mailbox, a name of a domain alias and a domain with a route."""
    for recipient in ("info@old.test", "bob@second.test", "ann@third.test", "eve@else.test"):
        net.inside(lambda to=recipient: send("a@b.test", to, f"{when} {to}"))


def test_a_real_postfix_moves_in(folder):
    """Mail goes the same way before and after: into the same Maildirs and over the same route."""
    with Netns(CLIENT, OLD, ELSE) as net, net.inside(lambda: Sink(2525, {}, ELSE)) as sink:
        old = Postfix(net, OLD, folder / "postfix", "mx.old.test", ["old.test", "second.test"])
        etc = folder / "postfix/etc"
        (etc / "virtual").write_text(
            "info@old.test  ann@old.test, bob@second.test\n@third.test  @old.test\n")
        (etc / "transport").write_text(f"else.test  smtp:[{ELSE}]:2525\n")
        old.start(["ann@old.test", "bob@second.test"], options={
            "virtual_alias_maps": f"texthash:{etc}/virtual", "virtual_alias_domains": "third.test",
            "transport_maps": f"texthash:{etc}/transport",
            "smtpd_recipient_restrictions": "permit_mynetworks, reject_unauth_destination",
        })
        the_day(net, "before")
        old.wait_for_messages("ann@old.test", 2)
        old.wait_for_messages("bob@second.test", 2)
        wait_until("the mail over the route", lambda: len(sink.mails) == 1, 30)
        names = postconf(etc)
        old.stop()

        server = home_for(folder, net, OLD)
        text = server.cli("import", "postfix", str(etc))
        for name in names:
            assert re.search(rf"main\.cf:\d+: [\w ]+ {name}\b", text), name
        assert "2 mailboxes" in text
        server.cli("check")
        server.start()
        the_day(net, "after")
        old.wait_for_messages("ann@old.test", 4)
        old.wait_for_messages("bob@second.test", 4)
        wait_until("the mail over the route", lambda: len(sink.mails) == 2, 30)
        assert {tuple(mail.recipients) for mail in sink.mails} == {("eve@else.test",)}
        for stranger in ("nobody@old.test", "nobody@third.test"):
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                net.inside(lambda to=stranger: send("a@b.test", to, "unknown"))
        # A domain alias of Postfix is one here: names that come later are names of it, too.
        server.add_user("late@old.test")
        net.inside(lambda: send("a@b.test", "late@third.test", "later"))
        old.wait_for_messages("late@old.test", 1)
        server.finish()


def test_aliases_alone(folder, server):
    """/etc/aliases into a domain of a running server, in whatever order they stand."""
    aliases = folder / "aliases"
    aliases.write_text("postmaster: root\nroot: you\nteam: root,\n  friend@elsewhere.test\n"
                       "run: \"|/bin/program\"\nghost: nobody-here\n")
    shown = server.cli("import", "aliases", str(aliases), "--domain", "example.test", "--dry-run")
    assert "3 aliases would be added" not in shown and "root@example.test" in shown
    assert "root@" not in server.cli("alias", "list")
    said = server.cli("import", "aliases", str(aliases), "--domain", "example.test")
    assert "3 aliases were added, 2 entries for you" in said
    assert f"{aliases}:5: BY HAND" in said and f"{aliases}:6: BY HAND" in said
    listed = server.cli("alias", "list")
    assert "team@example.test → root@example.test friend@elsewhere.test" in listed
    assert "run@" not in listed and "ghost@" not in listed
