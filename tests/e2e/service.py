"""tests/e2e/service.py: plays the service manager (systemd) of a server.

What:    a notify socket, a watchdog, listening sockets that are bound here and handed over.
In/Out:  Manager(server, …).start() → the server is ready; heard() → what it said, in order.
Errors:  an end of the server or a silence of READY_SECONDS_MAX fails with its log.
Limits:  one server at a time.
"""

import os
import socket
import subprocess
import threading
import time
from pathlib import Path

from stagepost import READY_SECONDS_MAX, Stagepost

# The numbers from 3 on are the sockets; the variables name the process that takes them.
LAUNCH = """\
{redirections}
export LISTEN_PID=$$ WATCHDOG_PID=$$
exec "$0" "$@"
"""


def bound(address: str = "127.0.0.1", port: int = 0) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, backlog=512)


class Manager:
    def __init__(self, server: Stagepost, name: str, sockets: tuple[socket.socket, ...] = (),
                 watchdog_seconds: float | None = None):
        """`name`: of the notify socket; a path, or with @ in front an abstract name."""
        self.server = server
        self.name = name
        self.sockets = sockets
        self.watchdog_seconds = watchdog_seconds
        self.ears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ears.bind("\0" + name[1:] if name.startswith("@") else name)
        self.ears.settimeout(0.1)
        self.lines: list[str] = []

    def close(self) -> None:
        self.ears.close()
        if not self.name.startswith("@"):
            Path(self.name).unlink()

    def environment(self) -> dict[str, str]:
        env = {**os.environ, "NOTIFY_SOCKET": self.name}
        if self.sockets:
            env["LISTEN_FDS"] = str(len(self.sockets))
            env["LISTEN_FDNAMES"] = ":".join(f"port{i}" for i in range(len(self.sockets)))
        if self.watchdog_seconds:
            env["WATCHDOG_USEC"] = str(int(self.watchdog_seconds * 1_000_000))
        return env

    def start(self) -> "Manager":
        numbers = [one.fileno() for one in self.sockets]
        parked = " ".join(f"{50 + i}<&{n}" for i, n in enumerate(numbers))
        placed = " ".join(f"{3 + i}<&{50 + i} {50 + i}<&-" for i in range(len(numbers)))
        redirections = f"exec {parked}\nexec {placed}" if numbers else ""
        with open(self.server.log, "ab") as out:
            self.server.process = subprocess.Popen(
                ["bash", "-c", LAUNCH.format(redirections=redirections), self.server.program,
                 self.server.verb, "--home", self.server.home],
                env=self.environment(), pass_fds=numbers, stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, start_new_session=True)
        self.wait_for("READY=1")
        return self

    def listen(self) -> None:
        """What has arrived until now, or within the socket's timeout."""
        try:
            self.lines += self.ears.recv(65536).decode().split("\n")
        except TimeoutError:
            pass

    def wait_for(self, wanted: str, seconds: float = READY_SECONDS_MAX) -> list[str]:
        """All lines up to one that begins so, which are then forgotten."""
        end = time.monotonic() + seconds
        while True:
            for i, line in enumerate(self.lines):
                if line.startswith(wanted):
                    heard, self.lines = self.lines[:i + 1], self.lines[i + 1:]
                    return heard
            process = self.server.process
            assert process is None or process.poll() is None or wanted == "STOPPING=1", \
                f"serve ended:\n{self.server.log_text()}"
            assert time.monotonic() < end, f"no {wanted}, only {self.lines}"
            self.listen()


class Knocker:
    """Connects again and again, from several threads, and notes who is refused."""

    def __init__(self, address: str, port: int, threads: int = 3):
        self.at = (address, port)
        self.refused: list[OSError] = []
        self.connected = 0
        self.done = threading.Event()
        self.threads = [threading.Thread(target=self.knock) for _ in range(threads)]

    def __enter__(self) -> "Knocker":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        for thread in self.threads:
            thread.join()

    def knock(self) -> None:
        while not self.done.is_set():
            try:
                with socket.create_connection(self.at, timeout=60) as one:
                    self.connected += 1
                    one.recv(1)  # the greeting, or the end of a server that is killed
            except ConnectionResetError:
                pass
            except OSError as error:
                self.refused.append(error)
