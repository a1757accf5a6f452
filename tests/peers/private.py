"""tests/peers/private.py: a server in namespaces of its own, where its package looks installed.

What:    programs with compiled-in paths find their unpacked /usr, an /etc with our files over those
         of the machine, a /var and a /run that are theirs alone. What they start ends with them.
In/Out:  a network namespace, a folder, a list of cmake/packages.sh → tool() and start().
Errors:  RuntimeError with the program's output.
Limits:  netns.START_SECONDS_MAX, COMMAND_SECONDS_MAX; needs root.
"""

import shutil
import subprocess
from pathlib import Path

from peers import unpack
from peers.netns import GROUP, PASSWD, STOP_SECONDS_MAX, Netns

# The namespace's own resolv.conf and hosts are mounted over those of the machine.
INSIDE = """\
cp /etc/resolv.conf /etc/hosts "$0/etc/"
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$1/usr:/usr" /usr
mount -t overlay overlay -o "lowerdir=$0/etc:/etc" /etc
for one in "$0"/etc/*/; do
  mount --bind "$one" "/etc/$(basename "$one")"  # an overlay of two lower ones cannot be written
done
mount --bind "$0/var" /var
mount --bind "$0/run" /run
shift
exec "$@"
"""


class Private:
    def __init__(self, net: Netns, folder: Path, packages: str):
        self.net, self.folder = net, folder
        self.root = unpack.peers_root(packages)
        self.log = folder / "log"
        self.processes: list[subprocess.Popen] = []
        for name in ("etc", "var/tmp", "run"):
            (folder / name).mkdir(parents=True)
        (folder / "var/tmp").chmod(0o1777)
        folder.chmod(0o755)

    def users(self, passwd: str, group: str = "") -> None:
        """Lines besides those of the namespace."""
        self.write("etc/passwd", PASSWD + passwd)
        self.write("etc/group", GROUP + group)

    def write(self, name: str, text: str, mode: int = 0o644, owner: int = 0) -> Path:
        self.make(Path(name).parent)
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        shutil.chown(path, owner, owner)
        return path

    def make(self, name: str | Path, mode: int = 0o755, owner: int = 0) -> Path:
        path = self.folder / name
        if not path.is_dir():
            path.mkdir(parents=True)
            path.chmod(mode)
            shutil.chown(path, owner, owner)
        return path

    def inside(self, *command: str | Path) -> list[str | Path]:
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                "sh", "-euc", INSIDE, self.folder, self.root, *command]

    def tool(self, *command: str | Path) -> str:
        return self.net.run(*self.inside(*command))

    def start(self, *command: str | Path) -> None:
        self.processes.append(self.net.start(self.inside(*command), self.log))

    def wait_for(self, address: str, port: int = 25) -> None:
        try:
            self.net.wait_for_port(address, port)
        except TimeoutError as error:
            raise RuntimeError(f"{error}:\n{self.output()}") from error

    def output(self) -> str:
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def stop(self) -> None:
        """unshare waits for its child and takes no SIGTERM; by --kill-child all of them end."""
        for process in self.processes:
            process.kill()
            process.wait(STOP_SECONDS_MAX)
        self.processes.clear()
