"""tests/peers/debian.py: a Debian root to install packages in, made by debootstrap and kept.

What:    Root.over(kept, folder) is the kept one with changes of its own; run() works in it,
         with a /proc and a /dev.
         Booted(root, log) has systemd running in it.
In/Out:  commands → their output. The kept root is build/peers/debian-root-….
Errors:  a command that fails is a RuntimeError with its output.
Limits:  COMMAND_SECONDS_MAX for each command; the first root takes some minutes.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peers.netns import Netns, command, wait_until
from peers.unpack import CACHE, library_path, peers_root

MIRROR = "http://deb.debian.org/debian"
SUITE = "bookworm"
# What is tried in it: a check of packages, and the service manager.
TOOLS = ("lintian", "systemd-sysv", "dbus")
COMMAND_SECONDS_MAX = 900
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root",
               "DEBIAN_FRONTEND": "noninteractive"}
# Mounts live in a namespace of their own and end with the command.
INSIDE = """\
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
exec chroot "$0" "$@"
"""


def debootstrap(folder: Path) -> None:
    tools = peers_root("PACKAGES_ROOT")
    env = {**os.environ, "DEBOOTSTRAP_DIR": str(tools / "usr/share/debootstrap"),
           "PATH": f"{tools}/usr/sbin:{tools}/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin",
           "LD_LIBRARY_PATH": library_path(tools)}
    done = subprocess.run([tools / "usr/sbin/debootstrap", "--variant=minbase",
                           SUITE, folder, MIRROR], env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          timeout=COMMAND_SECONDS_MAX)
    if done.returncode != 0:
        raise RuntimeError(f"debootstrap: {done.stdout[-3000:]}")


def kept_root(packages: tuple[str, ...]) -> Path:
    """With these packages besides; made on the first call."""
    name = hashlib.sha256(" ".join((SUITE, *TOOLS, *packages)).encode()).hexdigest()[:12]
    folder = CACHE / f"debian-root-{name}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "debian-lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            fresh = CACHE / f"debian-making-{name}"
            shutil.rmtree(fresh, ignore_errors=True)
            debootstrap(fresh)
            # Nobody needs it after a power cut, and a sync per file takes minutes.
            (fresh / "etc/dpkg/dpkg.cfg.d/fast").write_text("force-unsafe-io\n")
            Root(fresh).run("apt-get", "install", "-y", "--no-install-recommends", *TOOLS,
                            *packages)
            fresh.rename(folder)
    return folder


class Root:
    def __init__(self, folder: Path, net: Netns | None = None):
        self.folder = folder
        self.net = net

    @classmethod
    @contextmanager
    def over(cls, kept: Path, folder: Path) -> Iterator["Root"]:
        """What is changed lies in the folder; the kept root stays as it is."""
        for name in ("upper", "work", "root"):
            (folder / name).mkdir(parents=True)
        command("mount", "-t", "overlay", "overlay", "-o",
                f"lowerdir={kept},upperdir={folder}/upper,workdir={folder}/work", folder / "root")
        try:
            yield cls(folder / "root")
        finally:
            command("umount", folder / "root")

    def command(self, *arguments: str | Path) -> list[str | Path]:
        # Without a network of its own apt can fetch.
        prefix = self.net.prefix() if self.net else []
        return [*prefix, "unshare", "-m", "--propagation", "private", "sh", "-euc", INSIDE,
                self.folder, *arguments]

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        done = subprocess.run(self.command(*arguments), env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False, timeout=COMMAND_SECONDS_MAX)
        if done.returncode != code:
            line = " ".join(map(str, arguments))
            raise RuntimeError(f"{line}: exit code {done.returncode}:\n{done.stdout}")
        return done.stdout

    def path(self, absolute: str) -> Path:
        return self.folder / absolute.lstrip("/")


# A container by hand: its own processes, mounts, names and cgroups; systemd is told so.
BOOT = """\
echo $$ >"$1/cgroup.procs"
exec unshare --pid --fork --kill-child --mount --uts --ipc --cgroup --propagation private \
  sh -euc '
mount --bind "$0" "$0"
cd "$0"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do
  touch "dev/$name"
  mount --bind "/dev/$name" "dev/$name"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
exec chroot . env -i container=stagepost-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --log-target=console --log-level=notice' "$0"
"""


class Booted:
    """with Booted(root, log) as machine: machine.run("systemctl", "start", …)"""

    def __init__(self, root: Root, log: Path):
        self.root = root
        self.log = log
        base = Path("/sys/fs/cgroup/unified")
        self.cgroup = (base if base.is_dir() else base.parent) / f"stagepost-{os.getpid()}"

    def __enter__(self) -> "Booted":
        self.cgroup.mkdir()
        # Not by `ip netns exec`, which would hide the cgroups.
        with open(self.log, "ab") as out:
            self.outer = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.root.net.name}", "sh", "-euc", BOOT,
                 self.root.folder, self.cgroup],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        try:
            wait_until("systemd has booted", self.has_booted, 60)
        except BaseException as error:
            self.__exit__()
            raise RuntimeError(f"{error}:\n{self.log.read_text()[-3000:]}") from error
        return self

    def __exit__(self, *_: object) -> None:
        self.outer.kill()  # and with it, by --kill-child, everything inside
        self.outer.wait(60)
        wait_until("an empty cgroup", self.remove_cgroup, 30)

    def remove_cgroup(self) -> bool:
        folders = [path for path in self.cgroup.rglob("*") if path.is_dir()]
        try:
            for folder in [*sorted(folders, reverse=True), self.cgroup]:
                folder.rmdir()
        except OSError:
            return False  # somebody is dying in it
        return True

    def has_booted(self) -> bool:
        if self.outer.poll() is not None:
            raise RuntimeError("it ended")
        try:
            state = self.run("systemctl", "is-system-running", code=None).strip()
        except IndexError:
            return False  # not that far yet
        return state in ("running", "degraded")

    def run(self, *arguments: str | Path, code: int | None = 0) -> str:
        outer = self.outer.pid
        first = Path(f"/proc/{outer}/task/{outer}/children").read_text().split()[0]
        done = subprocess.run(["nsenter", f"--target={first}", "--all", "--root", "--wd=/",
                               *arguments], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False, timeout=COMMAND_SECONDS_MAX)
        if code is not None and done.returncode != code:
            line = " ".join(map(str, arguments))
            raise RuntimeError(f"{line}: exit code {done.returncode}:\n{done.stdout}")
        return done.stdout
