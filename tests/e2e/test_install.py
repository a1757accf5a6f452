"""The Debian package installed, upgraded, removed and purged in a Debian root (long)."""

import json
import re
import shutil
import smtplib
from pathlib import Path

import pytest
from mail import SENDER, message
from peers.debian import Booted, Root, kept_root
from peers.netns import Netns, stop, wait_until
from service import Knocker
from stagepost import tls_context
from test_package import ask_dpkg, build_package

ADDRESS = "10.88.0.1"
# As the unit does: the user, one capability, no way to more.
AS_UNIT = ("setpriv", "--reuid=stagepost", "--regid=stagepost", "--init-groups",
           "--inh-caps=-all,+net_bind_service", "--ambient-caps=-all,+net_bind_service",
           "--bounding-set=-all,+net_bind_service", "--no-new-privs")
USER = "you@example.test"
FAR = "somebody@far.test"  # nobody tells us where: the mail waits


class Machine:
    """A Debian root with a network of its own, and the server in it."""

    def __init__(self, root: Root, net: Netns, folder: Path):
        self.root, self.net, self.folder = root, net, folder
        self.here = Root(root.folder, net)  # where nothing outside can be reached
        self.password = ""
        self.process = None
        self.log = folder / "serve.log"

    def install(self, package: Path) -> str:
        shutil.copy(package, self.root.path("/tmp"))
        return self.root.run("apt-get", "install", "-y", "--no-install-recommends",
                             "--allow-downgrades", f"/tmp/{package.name}")

    def init(self) -> None:
        said = self.here.run("stagepost", "init", "example.test", "--yes", "--hostname",
                             "mail.example.test")
        self.password = re.search(r"Password:\s+(\S+)", said).group(1)
        assert "Next: systemctl enable --now stagepost" in said

    def start(self) -> None:
        self.log.unlink(missing_ok=True)
        inside = self.here.command(*AS_UNIT, "stagepost", "serve")
        self.process = self.net.start(inside[len(self.net.prefix()):], self.log)

        def ready() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            return "ready:" in self.log.read_text()

        wait_until("ready", ready, 60)

    def stop(self) -> None:
        assert stop(self.process) == 0, self.log.read_text()

    def send(self) -> None:
        """One mail that is delivered, and one that waits."""
        with smtplib.SMTP(ADDRESS, 25, "client.example.net", timeout=60) as client:
            client.sendmail(SENDER, USER, message("kept"))
        with smtplib.SMTP(ADDRESS, 587, "client.example.net", timeout=60) as client:
            client.starttls(context=tls_context())
            client.login(USER, self.password)
            client.sendmail(USER, FAR, message("waits", to=FAR, sender=USER))
        wait_until("the mail", lambda: len(self.mail()) == 1, 60)

    def mail(self) -> list[Path]:
        return list(self.root.path("/var/lib/stagepost/mail/example.test/you/new").glob("*"))

    def queued(self) -> list[str]:
        found = json.loads(self.here.run("stagepost", "queue", "list", "--json"))["messages"]
        return [one["id"] for one in found]

    def owners(self) -> set[int]:
        return {path.lstat().st_uid for path in self.root.path("/var/lib/stagepost").rglob("*")}


def depends(package: Path) -> tuple[str, ...]:
    found = ask_dpkg("--field", package, "Depends").split(",")
    return tuple(sorted({re.match(r"\s*([^\s(|]+)", one).group(1) for one in found}))


@pytest.fixture(name="packages", scope="module")
def make_packages(tmp_path_factory) -> list[Path]:
    output = tmp_path_factory.mktemp("deb")
    return [build_package(output, version) for version in ("0.1.0", "0.1.1")]


@pytest.fixture(name="machine")
def make_machine(packages, folder):
    with Netns(ADDRESS) as net, Root.over(kept_root(depends(packages[0])), folder / "over") as root:
        yield Machine(root, net, folder)


@pytest.mark.long
def test_a_package_from_its_first_day_to_its_last(packages, machine):
    old, new = packages
    root = machine.root
    assert "as root: stagepost init DOMAIN" in machine.install(old)
    assert root.run("stat", "-c", "%U:%G %a", "/var/lib/stagepost").strip() == \
        "stagepost:stagepost 755"
    assert not root.path("/etc/stagepost/stagepost.toml").exists()
    machine.init()
    machine.start()
    machine.net.inside(machine.send)
    machine.stop()
    assert root.path("/etc/stagepost/stagepost.toml").stat().st_uid == 0
    assert 0 not in machine.owners() and len(machine.owners()) == 1
    queued = machine.queued()
    assert len(queued) == 1

    config = root.path("/etc/stagepost/stagepost.toml").read_text()
    machine.install(new)
    assert "0.1.1" in root.run("dpkg-query", "-W", "stagepost")
    assert root.path("/etc/stagepost/stagepost.toml").read_text() == config
    machine.start()
    assert machine.queued() == queued and len(machine.mail()) == 1
    machine.stop()

    root.run("apt-get", "remove", "-y", "stagepost")
    assert not root.path("/usr/bin/stagepost").exists()
    assert root.path("/etc/stagepost/stagepost.toml").exists() and len(machine.mail()) == 1
    machine.install(new)
    assert machine.queued() == queued

    said = root.run("apt-get", "purge", "-y", "stagepost")
    assert "mail is kept: /var/lib/stagepost/mail" in said
    assert "the queue is kept" in said and "rm -r /var/lib/stagepost" in said
    assert len(machine.mail()) == 1
    state = {path.name for path in root.path("/var/lib/stagepost/state").iterdir()}
    assert state == {"journal"}
    assert not root.path("/etc/stagepost").exists()

    machine.install(new)
    machine.init()
    assert machine.queued() == queued  # nothing of what was accepted is lost
    machine.start()
    machine.stop()


@pytest.mark.long
def test_purge_of_what_was_never_used_leaves_nothing(packages, machine):
    machine.install(packages[0])
    said = machine.root.run("apt-get", "purge", "-y", "stagepost")
    assert "is kept" not in said
    for path in ("/var/lib/stagepost", "/etc/stagepost"):
        assert not machine.root.path(path).exists()


@pytest.mark.long
def test_purge_finds_mail_wherever_it_is(packages, machine):
    """Mailboxes and a journal that somebody has put below state, under names of his own."""
    machine.install(packages[0])
    state = machine.root.path("/var/lib/stagepost/state")
    for folder in ("boxes/a.test/you/cur", "spool", "trace", "dkim"):
        (state / folder).mkdir(parents=True)
    (state / "spool" / "0003-0000000012.log").write_bytes(b"SPJOURNL")
    (state / "trace" / "0001.trace").write_bytes(b"x")
    (state / "away").symlink_to("/etc")
    (state / ".hidden").write_text("x")
    machine.root.run("apt-get", "purge", "-y", "stagepost")
    assert {path.name for path in state.iterdir()} == {"boxes", "spool"}
    assert machine.root.path("/etc/passwd").exists()


@pytest.mark.long
def test_lintian(packages, machine):
    shutil.copy(packages[0], machine.root.path("/tmp"))
    said = machine.root.run("lintian", "--allow-root", "--fail-on", "error,warning",
                            f"/tmp/{packages[0].name}")
    assert not re.search(r"^[EW]:", said, re.MULTILINE), said


def restarts(booted: Booted) -> Knocker:
    with Knocker(ADDRESS, 25) as knocker:
        for _ in range(3):
            booted.run("systemctl", "restart", "stagepost")
    return knocker


def upgrade(booted: Booted, package: Path) -> Knocker:
    with Knocker(ADDRESS, 25) as knocker:
        said = booted.run("dpkg", "--install", f"/tmp/{package.name}")
        assert "it is well" in said, said
    return knocker


@pytest.mark.long
def test_under_systemd(packages, machine):
    """The unit with its sandbox, as systemd runs it: mail, reload, watchdog, sockets, restarts."""
    machine.install(packages[0])
    machine.init()
    with Booted(machine.here, machine.folder / "boot.log") as booted:
        def shown(name: str) -> str:
            return booted.run("systemctl", "show", "--value", f"--property={name}",
                              "stagepost").strip()

        assert shown("ActiveState") == "active", booted.run("journalctl", "--no-pager", "-n", "50")
        assert shown("WatchdogUSec") == "2min" and shown("StatusText").startswith("ready: smtp")
        machine.net.inside(machine.send)

        config = machine.root.path("/etc/stagepost/stagepost.toml")
        text = config.read_text()
        booted.run("systemctl", "reload", "stagepost")
        config.write_text("nonsense\n")
        booted.run("systemctl", "reload", "stagepost", code=1)
        assert shown("ActiveState") == "active"
        config.write_text(text)

        pid = shown("MainPID")
        booted.run("systemctl", "kill", "--signal=ABRT", "stagepost")  # as the watchdog does
        wait_until("a new server", lambda: shown("MainPID") not in (pid, "0") and
                   shown("ActiveState") == "active", 60)

        booted.run("systemctl", "stop", "stagepost")
        # Resets the count of starts, too, of which systemd allows five in ten seconds.
        booted.run("systemctl", "reset-failed", "stagepost")
        booted.run("systemctl", "start", "stagepost.socket", "stagepost")
        knocker = machine.net.inside(lambda: restarts(booted))
        assert not knocker.refused and knocker.connected > 10
        journal = booted.run("journalctl", "--no-pager", "-u", "stagepost", "-o", "json")
        lines = [json.loads(line) for line in journal.splitlines()]
        assert any(line["PRIORITY"] == "6" and str(line["MESSAGE"]).startswith("info message.")
                   for line in lines)
        assert not [line for line in lines if "unused" in str(line["MESSAGE"])]
        shutil.copy(packages[1], machine.root.path("/tmp"))
        before = shown("MainPID")
        knocker = machine.net.inside(lambda: upgrade(booted, packages[1]))
        assert shown("ActiveState") == "active" and shown("MainPID") == before
        assert not knocker.refused and knocker.connected > 10
