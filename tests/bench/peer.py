"""tests/bench/peer.py: a server to be measured: what every class in peers_*.py has and does.

What:    start with an empty state of its own, stop, and leave nothing; which recipient it takes.
In/Out:  a world (namespace, sink, DNS) and a Setup (what the scenario wants) → a listening server.
Errors:  CannotRun with the reason: the table shows it, the run goes on.
Limits:  needs root; waits are bounded by netns.py.
"""

import gzip
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groups import Server
from peers import unpack
from peers.netns import stop
from peers.pki import Certificate

if TYPE_CHECKING:
    from world import World

SINK, CLIENT, DNS = "10.0.0.4", "10.0.0.1", "10.0.0.53"
LOCAL_DOMAIN, RELAY_DOMAIN = "local.test", "sink.test"
VMAIL_ID = 4903  # as in netns.PASSWD
BENCH = "PACKAGES_BENCH"


def package_version(package: str, which: str = BENCH) -> str:
    """The version of an unpacked Debian package, by its changelog."""
    folder = unpack.peers_root(which) / "usr/share/doc" / package
    for name in ("changelog.Debian.gz", "changelog.gz"):
        if (folder / name).exists():
            with gzip.open(folder / name, "rt", errors="replace") as file:
                return file.readline().split("(")[-1].split(")")[0]
    return "?"


class CannotRun(RuntimeError):
    """This peer cannot be measured here; the text says why."""


@dataclass(frozen=True)
class Setup:
    """What a scenario wants of every server.

    mailboxes: user0@local.test and so on go to Maildirs; otherwise everything goes to the sink.
    sessions_max: this many connections come from one address: limits are lifted to that.
    routes: domain → address of the host that its mail goes to; everything else to the sink.
    """

    mailboxes: int = 0
    certificate: Certificate | None = None
    sessions_max: int = 200
    routes: tuple[tuple[str, str], ...] = ()
    by_dns: bool = False  # each domain's mail goes to its own MX instead


class Peer(Server):
    key = ""
    title = ""
    number = 0  # of its address
    packages = BENCH  # of cmake/packages.sh, with its /usr
    ours = False

    def __init__(self, world: "World", setup: Setup):
        super().__init__(self.title, f"10.0.0.{self.number}")
        self.world = world
        self.net = world.net
        self.setup = setup
        self.folder = world.folder / self.key
        self.process: subprocess.Popen | None = None

    # What each class says.

    def launch(self) -> None:
        raise NotImplementedError

    def shutdown(self) -> None:
        if self.process:
            stop(self.process)

    @classmethod
    def version(cls) -> str:
        return "?"

    @property
    def recipient(self) -> str:
        """With {n%N} for the mailboxes, as `bench load --rcpt` takes it."""
        if self.setup.mailboxes:
            return f"user{{n%{self.setup.mailboxes}}}@{LOCAL_DOMAIN}"
        return f"rcpt@{RELAY_DOMAIN}"

    def maildir(self, number: int) -> Path:
        return self.folder / "mail" / LOCAL_DOMAIN / f"user{number}"

    # What all do.

    def start(self) -> "Peer":
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self.net.group = self.group
        try:
            self.launch()
        except (RuntimeError, AssertionError, TimeoutError, OSError,
                subprocess.SubprocessError) as error:
            self.net.group = None
            self.stop()
            if self.ours:
                raise
            raise CannotRun(" ".join(str(error).split())[-300:]) from error
        finally:
            self.net.group = None
        return self

    def stop(self, keep: bool = False) -> None:
        """keep: the state stays, for a restart by launch()."""
        self.shutdown()
        self.group.kill()
        self.net.processes = [one for one in self.net.processes if one.poll() is None]
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def restart(self) -> None:
        """Anew, with an empty state."""
        self.stop()
        self.start()

    def resume(self) -> None:
        """After stop(keep=True), on the same state."""
        self.net.group = self.group
        try:
            self.launch()
        finally:
            self.net.group = None

    # For launch().

    def write(self, name: str, text: str, mode: int = 0o644) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def make_mail_folder(self, make: Callable[[Path], None] | None = None) -> Path:
        """mail/local.test, where the user vmail may write."""
        base = self.folder / "mail" / LOCAL_DOMAIN
        base.mkdir(parents=True, exist_ok=True)
        for path in (base.parent, base):
            shutil.chown(path, VMAIL_ID, VMAIL_ID)
        for number in range(self.setup.mailboxes if make else 0):
            make(self.maildir(number))
        return base

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace")[-600:] if path.exists() else ""

    def wait_ready(self, port: int = 25) -> None:
        try:
            self.net.wait_for_port(self.address, port)
        except TimeoutError as error:
            raise CannotRun(f"{error}: {self.log()}") from error

    def run_private(self, command: list[str], var: Path) -> subprocess.Popen:
        """In a mount namespace of its own where the unpacked /usr lies over that of the machine and
        /var is that folder: paths are compiled into these programs, and a set-user-id one takes no
        LD_LIBRARY_PATH."""
        root = unpack.peers_root(self.packages)
        script = (f"mount -t overlay overlay -o lowerdir={root}/usr:/usr /usr && "
                  f'mount --bind "$0" /var && exec "$@"')
        return self.net.start(["/bin/sh", "-c", script, var, *command], self.folder / "log")
