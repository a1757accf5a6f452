"""`stagepost backup` and `restore`: under load, of a server that is down, of hostile files."""

import io
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import tarfile
import time
from pathlib import Path

import pytest
from load import Load, check
from peers.netns import wait_until
from sink import Sink
from stagepost import COMMAND_SECONDS_MAX, ROOT, Stagepost, binary, free_ports

OWNER = 4905  # nobody's number on this machine
RELAYED = "relayed@example.net"


def restore(file: Path, *arguments: str, code: int = 0) -> str:
    done = subprocess.run([binary(), "restore", file, *arguments], capture_output=True, text=True,
                          check=False, timeout=COMMAND_SECONDS_MAX)
    assert done.returncode == code, f"{done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def restored(server: Stagepost, home: Path) -> Stagepost:
    """The server of a restored home: the same ports, so the other one is down."""
    copy = Stagepost(home, server.domain)
    copy.ports = server.ports
    return copy


@pytest.fixture(name="relaying")
def make_relaying(new_server) -> tuple[Stagepost, int]:
    """A server whose next hop is down, so that mail waits; and that hop's port."""
    [next_hop] = free_ports(1)
    server = new_server()
    server.set("policy", relay_networks=["127.0.0.0/8"])
    server.set("delivery", relay_host=f"127.0.0.1:{next_hop}")
    server.set("queue", retry_after=["1s"])
    return server, next_hop


def test_under_load_every_message_answered_before_is_in_it(relaying, folder, capsys):
    """Local mail keeps segments dying and being written over; relayed mail waits in the queue."""
    server, next_hop = relaying
    server.start()
    file, home = folder / "all.tar", folder / "restored"
    with Load(server.ports["smtp"], {server.user: 3, RELAYED: 3}) as load:
        wait_until("mail flows", lambda: load.accepted() > 300, 60)
        with load.lock:
            before = set(load.acknowledged)
        began = time.monotonic()
        said = server.cli("backup", file, "--with-mail")
        seconds = time.monotonic() - began
        flowed = load.accepted() - len(before)
    assert server.stop() == 0
    waiting = int(re.search(r"(\d+) messages of the queue", said)[1])

    seen = restore(file, "--verify")
    assert re.search(rf"messages in the queue +{waiting} +{waiting}$", seen, re.MULTILINE), seen
    assert "It is whole, and a server opens it." in seen
    restore(file, "--home", home)
    names = set()
    with Sink(next_hop) as sink:
        copy = restored(server, home).start()

        def missing() -> set[str]:
            names.update(check(mail.content)[0] for mail in sink.mails)
            names.update(check(mail)[0] for mail in copy.maildir())
            return before - names

        try:
            wait_until("every message", lambda: not missing(), 60)
        finally:
            copy.finish()
    with capsys.disabled():
        print(f"\n  backup under load: {len(before)} answered 250 before it began, "
              f"{waiting} of the queue in it, {seconds:.1f} s, {flowed} accepted meanwhile, "
              f"lost {len(missing())}")
    assert not missing(), sorted(missing())[:10]


def test_of_a_server_that_is_down(new_server, folder):
    server = new_server()
    server.cli("alias", "add", f"info@{server.domain}", server.user)
    file = folder / "down.tar"
    said = server.cli("backup", file)
    assert "private keys" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "is there already" in server.complaint("backup", file)
    assert not list(folder.glob("*.partial"))
    # Any tar reads it, and sha256sum proves it.
    plain = folder / "plain"
    plain.mkdir()
    subprocess.run(["tar", "-xf", file, "-C", plain], check=True)
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=plain, check=True)
    assert not list(plain.rglob("*-wal")) and not list(plain.rglob("lock"))
    seen = restore(file, "--verify")
    assert re.search(r"mailboxes +1$", seen, re.MULTILINE), seen
    assert re.search(r"aliases +1$", seen, re.MULTILINE), seen
    assert "not empty" in restore(file, "--home", server.home, code=1)
    home = folder / "restored"
    restore(file, "--home", home)
    copy = restored(server, home)
    assert f"info@{server.domain}" in copy.cli("alias", "list")
    copy.start()
    copy.finish()


def test_what_is_restored_may_be_held(relaying, folder):
    server, _ = relaying
    server.start()
    with Load(server.ports["smtp"], {RELAYED: 1}) as load:
        wait_until("mail waits", lambda: load.accepted() >= 5, 30)
    server.cli("backup", folder / "a.tar")
    assert server.stop() == 0
    home = folder / "restored"
    said = restore(folder / "a.tar", "--home", home, "--hold")
    assert re.search(r"^\d+ messages of the queue are held", said, re.MULTILINE), said
    copy = restored(server, home).start()
    listed = copy.cli("queue", "list")
    assert listed.count("held: restored from the backup of") == load.accepted(), listed
    copy.finish()


def test_places_elsewhere_are_named(new_server, folder):
    server = new_server()
    elsewhere = folder / "journal"
    server.set("queue", journal_folder=str(elsewhere))
    server.start()
    server.cli("backup", folder / "a.tar")
    assert server.stop() == 0
    assert "It is whole" in restore(folder / "a.tar", "--verify")
    said = restore(folder / "a.tar", "--home", folder / "restored")
    assert f"queue.journal_folder = {elsewhere}" in said


def of_others(home: Path) -> list[Path]:
    """But for what this test itself writes down of the server's words."""
    return [path for path in home.rglob("*")
            if path.lstat().st_uid != OWNER and path.name != "serve.log"]


def test_owners_and_modes_stay(new_server, folder):
    """Root backs up a user's home, and restores it as his."""
    assert os.geteuid() == 0
    server = new_server()
    for path in [server.home, *server.home.rglob("*")]:
        os.chown(path, OWNER, OWNER)
    server.run_as = OWNER
    server.start()
    server.cli("backup", folder / "a.tar")
    assert not of_others(server.home)
    assert server.stop() == 0
    server.cli("backup", folder / "b.tar")
    assert not of_others(server.home)
    home = folder / "restored"
    said = restore(folder / "b.tar", "--home", home, "--owner", "nobody-of-this-name", code=1)
    assert "there is no user nobody-of-this-name" in said
    shutil.rmtree(home, ignore_errors=True)
    restore(folder / "b.tar", "--home", home)
    assert not of_others(home)
    for name in ("state/directory.db", "state/login.secret"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    copy = restored(server, home)
    copy.run_as = OWNER
    copy.start()
    copy.finish()


def test_a_link_of_the_users_leads_root_nowhere(new_server, folder):
    server = new_server()
    secret = folder / "secret"
    secret.write_text("of root alone")
    (server.home / "state" / "planted").symlink_to(secret)
    os.mkfifo(server.home / "state" / "pipe")
    server.cli("backup", folder / "a.tar")
    assert b"of root alone" not in (folder / "a.tar").read_bytes()


def rewritten(file: Path, out: Path, change) -> Path:
    """The same archive with other members, headers right."""
    with tarfile.open(file) as old, tarfile.open(out, "w", format=tarfile.USTAR_FORMAT) as new:
        for member in old:
            content = old.extractfile(member).read()
            change(member, new)
            new.addfile(member, io.BytesIO(content))
    return out


def evil(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


HOSTILE = {
    "climbs": evil("home/../../evil"),
    "absolute": evil("/tmp/evil"),
    "link": evil("home/state/x", tarfile.SYMTYPE, "/etc"),
    "hard link": evil("home/state/x", tarfile.LNKTYPE, "stagepost.toml"),
    "folder": evil("home/state/x", tarfile.DIRTYPE),
    "device": evil("home/state/x", tarfile.CHRTYPE),
    "pipe": evil("home/state/x", tarfile.FIFOTYPE),
    "one more": evil("home/state/x"),
}


def test_hostile_and_damaged_files_are_refused(new_server, folder):
    server = new_server()
    file = folder / "good.tar"
    server.cli("backup", file)
    home = folder / "restored"
    for what, member in HOSTILE.items():
        def change(old, new, member=member):
            if old.name == "SHA256SUMS":
                new.addfile(member)
        bad = rewritten(file, folder / "bad.tar", change)
        said = restore(bad, "--verify", code=1) + restore(bad, "--home", home, code=1)
        assert not home.exists(), what
        print(f"{what}: {said}")
    whole = file.read_bytes()
    for size in (0, 100, 512, len(whole) // 2, len(whole) - 3_000):
        (folder / "bad.tar").write_bytes(whole[:size])
        restore(folder / "bad.tar", "--verify", code=1)
    at = whole.index(b"hostname = ")
    (folder / "bad.tar").write_bytes(whole[:at] + b"H" + whole[at + 1:])
    assert "not as it was written" in restore(folder / "bad.tar", "--home", home, code=1)
    assert not home.exists()
    assert not list(Path("/var/tmp").glob("stagepost-*/home")), "what was tried out is gone"


def test_a_second_backup_waits_for_its_turn_and_a_restart_is_noticed(server, folder):
    socket = server.home / "state" / "control.sock"
    def ask(verb: str, body: str = "{}") -> str:
        return subprocess.run(["curl", "-s", "--unix-socket", socket, "-d", body,
                               "-H", "Content-Type: application/json",
                               f"http://localhost/api/v1/backup/{verb}"], capture_output=True,
                              text=True, check=True, timeout=COMMAND_SECONDS_MAX).stdout
    begun = re.search(r'"id":"(\w+)"', ask("begin"))[1]
    assert "another backup" in server.complaint("backup", folder / "a.tar")
    assert '"seconds"' in ask("keep", f'{{"id":"{begun}"}}')
    assert "does not keep" in ask("end", '{"id":"another"}')
    assert ask("end", f'{{"id":"{begun}"}}') == '{"whole":true}'
    assert "does not keep" in ask("end", f'{{"id":"{begun}"}}')
    server.cli("backup", folder / "a.tar")


# What earlier versions left: each is opened from now on by every version that comes.
HOMES = sorted((ROOT / "tests/data/homes").glob("*.tar"))


@pytest.mark.parametrize("kept", HOMES, ids=[one.stem for one in HOMES])
def test_homes_of_earlier_versions_are_opened(kept, folder):
    """tests/data/homes/README.md says what is in them."""
    seen = restore(kept, "--verify")
    assert re.search(r"messages in the queue +3 +3$", seen, re.MULTILINE), seen
    home = folder / "restored"
    restore(kept, "--home", home, "--hold")
    server = Stagepost(home, "example.test")
    text = server.config.read_text()
    ports = sorted(set(re.findall(r'"127\.0\.0\.1:(\d+)"', text)))
    for port, fresh in zip(ports, free_ports(len(ports)), strict=True):
        text = text.replace(f":{port}\"", f":{fresh}\"")
    server.config.write_text(text)
    server.start()
    assert server.cli("queue", "list").count("    held: ") == 3
    assert f"info@{server.domain}" in server.cli("alias", "list")
    assert "monitoring" in server.cli("token", "list")
    assert server.domain in server.cli("dkim", "show", "--no-check")
    assert "friend" in server.cli("user", "list")
    server.finish()


def newer_database(name: str):
    def change(server: Stagepost) -> None:
        with sqlite3.connect(server.home / "state" / name) as database:
            database.execute("PRAGMA user_version = 99")
        database.close()
    return change


def newer_text(name: str, old: str, new: str):
    def change(server: Stagepost) -> None:
        path = server.home / name
        text = path.read_text()
        assert old in text, text
        path.write_text(text.replace(old, new))
    return change


def newer_journal(server: Stagepost) -> None:
    [segment, *_] = sorted((server.home / "state/journal").glob("*.log"))
    octets = bytearray(segment.read_bytes())
    octets[8:12] = (99).to_bytes(4, "little")
    octets[60:64] = crc32c(octets[:60]).to_bytes(4, "little")
    segment.write_bytes(octets)


def crc32c(octets: bytes) -> int:
    crc = 0xffffffff
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


NEWER = {
    "directory.db": newer_database("directory.db"),
    "state.db": newer_database("state.db"),
    "reports.db": newer_database("reports.db"),
    "webhooks.db": newer_database("webhooks.db"),
    "idempotency.db": newer_database("idempotency.db"),
    "the file of tokens": newer_text("state/api-tokens.json", '"version": 1', '"version": 99'),
    "the configuration": newer_text("stagepost.toml", "format = 1\n", "format = 99\n"),
    "the queue's journal": newer_journal,
}


def test_what_a_newer_version_has_written_is_refused_in_clear_words(relaying):
    server, _ = relaying
    server.cli("token", "add", "monitoring", "--scope", "read")
    server.start()
    with Load(server.ports["smtp"], {RELAYED: 1}) as load:
        wait_until("mail waits", lambda: load.accepted() >= 1, 30)
    assert server.stop() == 0
    spare = server.home.with_name("spare")
    shutil.copytree(server.home, spare)
    for what, change in NEWER.items():
        shutil.rmtree(server.home)
        shutil.copytree(spare, server.home)
        change(server)
        done = subprocess.run([binary(), "serve", "--home", server.home], capture_output=True,
                              text=True, check=False, timeout=COMMAND_SECONDS_MAX)
        assert done.returncode == 1, f"{what}: {done.stdout}{done.stderr}"
        for words in (what, "has format 99, this program knows", "a newer stagepost has written it",
                      "Install that one again", "stagepost help backup"):
            assert words in done.stderr, f"{what}: {done.stderr}"
    shutil.rmtree(server.home)
    shutil.copytree(spare, server.home)
    server.start()
