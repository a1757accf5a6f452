"""tests/peers/netns.py: a network namespace whose addresses all lie on its loopback interface.

`ip netns exec` binds the files of /etc/netns/NAME over those of /etc, so that processes inside see
their own resolv.conf, hosts, passwd and group. Names carry our process id: two runs do not meet.
Limits:  starting and stopping take STOP_SECONDS_MAX at most; then SIGKILL, to our own processes.
"""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 15
COMMAND_SECONDS_MAX = 60
ETC = Path("/etc/netns")

PASSWD = """\
root:x:0:0:root:/root:/bin/sh
postfix:x:4901:4901::/nonexistent:/usr/sbin/nologin
vmail:x:4903:4903::/nonexistent:/usr/sbin/nologin
dovecot:x:4904:4904::/nonexistent:/usr/sbin/nologin
dovenull:x:4905:4905::/nonexistent:/usr/sbin/nologin
opensmtpd:x:4906:4906::/var/lib/opensmtpd/empty:/usr/sbin/nologin
opensmtpq:x:4907:4907::/var/lib/opensmtpd/empty:/usr/sbin/nologin
Debian-exim:x:4908:4908::/var/spool/exim4:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = """\
root:x:0:
postfix:x:4901:
postdrop:x:4902:
vmail:x:4903:
dovecot:x:4904:
dovenull:x:4905:
opensmtpd:x:4906:
opensmtpq:x:4907:
Debian-exim:x:4908:
nogroup:x:65534:
"""


def command(*arguments: str | os.PathLike) -> str:
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          timeout=COMMAND_SECONDS_MAX)
    if done.returncode != 0:
        line = " ".join(map(str, arguments))
        raise RuntimeError(f"{line}: exit code {done.returncode}: {done.stdout.strip()}")
    return done.stdout


def wait_until(what: str, condition: Callable[[], object],
               seconds: float = START_SECONDS_MAX) -> object:
    """The first true value of the condition; TimeoutError names what did not come."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Netns:
    """with Netns("10.0.0.1", "10.0.0.53", dns="10.0.0.53") as net: net.start([...])"""

    count = 0

    def __init__(self, *addresses: str, dns: str | None = None):
        Netns.count += 1
        self.name = f"stagepost-{os.getpid()}-{Netns.count}"
        self.addresses = addresses
        self.dns = dns
        self.processes: list[subprocess.Popen] = []

    def __enter__(self) -> "Netns":
        if os.geteuid() != 0:
            raise PermissionError("network namespaces need root: use ./test e2e, or sudo")
        etc = ETC / self.name
        etc.mkdir(parents=True)
        (etc / "passwd").write_text(PASSWD)
        (etc / "group").write_text(GROUP)
        (etc / "hosts").write_text("127.0.0.1 localhost\n")
        if self.dns:
            (etc / "resolv.conf").write_text(f"nameserver {self.dns}\noptions timeout:2 edns0\n")
        try:
            command("ip", "netns", "add", self.name)
            self.run("ip", "link", "set", "lo", "up")
            for address in self.addresses:
                self.run("ip", "address", "add", f"{address}/24", "dev", "lo")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            stop(process)
        listed = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True,
                                check=False, timeout=COMMAND_SECONDS_MAX)
        for pid in listed.stdout.split():  # children that outlived their parents; all ours
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        subprocess.run(["ip", "netns", "delete", self.name], capture_output=True, check=False,
                       timeout=COMMAND_SECONDS_MAX)
        shutil.rmtree(ETC / self.name, ignore_errors=True)

    def add_user(self, name: str, number: int) -> None:
        """Known to what is started from now on."""
        with open(ETC / self.name / "passwd", "a", encoding="ascii") as passwd:
            passwd.write(f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n")

    def add_host(self, address: str, *names: str) -> None:
        with open(ETC / self.name / "hosts", "a", encoding="ascii") as hosts:
            hosts.write(" ".join([address, *names]) + "\n")

    def prefix(self) -> list[str]:
        return ["ip", "netns", "exec", self.name]

    def run(self, *arguments: str | os.PathLike) -> str:
        return command(*self.prefix(), *arguments)

    def start(self, arguments: Sequence[str | os.PathLike], log: Path,
              env: dict[str, str] | None = None, cwd: Path | None = None,
              stdin: int = subprocess.DEVNULL) -> subprocess.Popen:
        """Starts it as the leader of a session, so that stop() reaches its children as well."""
        with open(log, "ab") as out:
            process = subprocess.Popen([*self.prefix(), *arguments], stdin=stdin,
                                       stdout=out, stderr=out, start_new_session=True, cwd=cwd,
                                       env={**os.environ, **(env or {})})
        self.processes.append(process)
        return process

    def inside(self, action: Callable[[], object]) -> object:
        """Calls it on a thread that is in the namespace: its sockets belong there."""
        result: list[object] = []
        failure: list[BaseException] = []

        def work() -> None:
            try:
                with open(f"/run/netns/{self.name}", "rb") as file:
                    setns(file.fileno())
                result.append(action())
            except BaseException as error:  # handed to the caller
                failure.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        if failure:
            raise failure[0]
        return result[0]

    def wait_for_port(self, address: str, port: int) -> None:
        def connected() -> bool:
            try:
                socket.create_connection((address, port), timeout=1).close()
                return True
            except OSError:
                return False

        wait_until(f"{address}:{port} answers", lambda: self.inside(connected))


def setns(descriptor: int) -> None:
    """os.setns came with Python 3.12; of the C library until then."""
    import ctypes

    clone_newnet = 0x40000000
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, clone_newnet) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def stop(process: subprocess.Popen, seconds: float = STOP_SECONDS_MAX) -> int:
    """SIGTERM, then SIGKILL to its session; returns the exit code."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(seconds)
    return process.returncode
