"""tests/e2e/stagepost.py: one Stagepost server in a home folder of its own.

What:    init, edits of stagepost.toml, serve, stop, kill -9, the command line, Maildirs.
In/Out:  STAGEPOST_BINARY (default build/release/stagepost) → a running server with its ports.
Errors:  a server that does not become ready, or does not end with code 0, fails the test and shows
         its log; so does a sanitizer's report.
Limits:  READY_SECONDS_MAX, STOP_SECONDS_MAX; COMMAND_SECONDS_MAX for each command.
"""

import itertools
import json
import os
import re
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

from peers.netns import Netns, wait_until

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS_MAX = 60  # the sanitized binary is slow, and recovery reads the journal
STOP_SECONDS_MAX = 60
COMMAND_SECONDS_MAX = 60
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer")
PORT_FIRST, PORTS, PORTS_APART = 10_000, 22_000, 7_919
LISTENERS = {"smtp": 25, "submission": 587, "submissions": 465}


def binary() -> Path:
    path = Path(os.environ.get("STAGEPOST_BINARY") or ROOT / "build/release/stagepost")
    assert path.exists(), f"{path} is not built: run ./run --build"
    return path


def ports_in_turn() -> Iterator[int]:
    """Below those that the kernel gives to clients; each process begins at a place of its own."""
    begin = os.getpid() * PORTS_APART
    return (PORT_FIRST + (begin + i) % PORTS for i in itertools.count())


def nobody_has(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody has now, and that this process does not soon give again."""
    return list(itertools.islice(filter(nobody_has, PORTS_LEFT), count))


PORTS_LEFT = ports_in_turn()


def tls_context() -> ssl.SSLContext:
    """For a self-signed server: encryption without verification."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def set_key(text: str, table: str, key: str, value: object) -> str:
    """The TOML text with `key = value` in [table] ("": before the first table)."""
    line = f"{key} = {json.dumps(value)}\n"
    start, end = 0, len(text)
    if table:
        found = re.search(rf"^\[{re.escape(table)}\][^\n]*\n", text, re.MULTILINE)
        if not found:
            return f"{text.rstrip()}\n\n[{table}]\n{line}"
        start = found.end()
    following = re.compile(r"^\[", re.MULTILINE).search(text, start)
    end = following.start() if following else len(text)
    part = text[start:end]
    pattern = re.compile(rf"^{re.escape(key)}\s*=(?:\s*\[[^\]]*\]|[^\n]*)[^\n]*\n", re.MULTILINE)
    part = pattern.sub(lambda _: line, part, 1) if pattern.search(part) else line + part
    return text[:start] + part + text[end:]


class Stagepost:
    def __init__(self, home: Path, domain: str = "example.test", net: Netns | None = None,
                 address: str = "127.0.0.1"):
        self.home = home
        self.domain = domain
        self.net = net
        self.address = address
        self.log = home / "serve.log"
        self.password = ""
        self.process: subprocess.Popen | None = None
        self.run_as: int | None = None  # a user's number; none: as we are
        self.wrapper: list[str] = []  # a program that becomes the server
        self.program = binary()
        self.verb = "serve"  # or "keeper"
        names = [*LISTENERS, "http", "api"]
        # In a namespace every port is free.
        numbers = [*LISTENERS.values(), 8025, 8026] if net else free_ports(len(names))
        self.ports = dict(zip(names, numbers, strict=True))

    # The command line and the configuration.

    def cli(self, *arguments: str, text: str | None = None, code: int | None = 0) -> str:
        """Runs a subcommand with --home; checks its exit code unless that is None."""
        prefix = self.net.prefix() if self.net else []
        done = subprocess.run([*prefix, binary(), *arguments, "--home", self.home],
                              input=text or "", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False, timeout=COMMAND_SECONDS_MAX)
        assert code is None or done.returncode == code, \
            f"stagepost {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def complaint(self, *arguments: str) -> str:
        """What a subcommand that is to fail says on stderr."""
        prefix = self.net.prefix() if self.net else []
        done = subprocess.run([*prefix, binary(), *arguments, "--home", self.home],
                              capture_output=True, text=True, check=False,
                              timeout=COMMAND_SECONDS_MAX)
        assert done.returncode == 1, f"{done.returncode}\n{done.stdout}{done.stderr}"
        return done.stderr

    def init(self) -> "Stagepost":
        """A home with the mailbox you@DOMAIN; its password is what init prints."""
        ports = [f"--{name}-port={number}" for name, number in self.ports.items()]
        output = self.cli("init", self.domain, "--demo", "--yes", *ports)
        found = re.search(r"password[^:\n]*:\s*(\S+)", output, re.IGNORECASE)
        assert found, f"init printed no password:\n{output}"
        self.password = found.group(1)
        if self.address != "127.0.0.1":
            text = self.config.read_text()
            for name in LISTENERS:
                text = text.replace(f'"127.0.0.1:{self.ports[name]}"',
                                    f'"{self.address}:{self.ports[name]}"')
            self.config.write_text(text)
        return self

    def add_user(self, address: str, password: str = "a long enough 1") -> None:
        self.cli("user", "add", address, "--password-stdin", text=f"{password}\n")

    @property
    def config(self) -> Path:
        return self.home / "stagepost.toml"

    @property
    def user(self) -> str:
        return f"you@{self.domain}"

    def set(self, table: str, **values: object) -> "Stagepost":
        """Changes stagepost.toml; counts from the next start."""
        text = self.config.read_text()
        for key, value in values.items():
            text = set_key(text, table, key, value)
        self.config.write_text(text)
        return self

    def append(self, text: str) -> "Stagepost":
        self.config.write_text(f"{self.config.read_text().rstrip()}\n\n{text}\n")
        return self

    # Life and death.

    def start(self) -> "Stagepost":
        arguments = [*self.wrapper, self.program, self.verb, "--home", self.home]
        if self.run_as is not None:
            arguments = ["setpriv", f"--reuid={self.run_as}", f"--regid={self.run_as}",
                         "--clear-groups", *arguments]
        before = self.log.stat().st_size if self.log.exists() else 0
        if self.net:
            self.process = self.net.start(arguments, self.log)
        else:
            with open(self.log, "ab") as out:
                self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out,
                                                stderr=out, start_new_session=True)

        def ready() -> bool:
            assert self.process.poll() is None, f"serve ended:\n{self.log_text()}"
            lines = self.log.read_bytes()[before:].decode(errors="replace").splitlines()
            return any(line.startswith("ready") for line in lines)

        try:
            wait_until("a line that begins with ready", ready, READY_SECONDS_MAX)
        except TimeoutError as error:
            self.kill()
            raise AssertionError(f"{error}:\n{self.log_text()}") from error
        return self

    def stop(self) -> int:
        """SIGTERM; the exit code. SIGKILL when it takes longer than STOP_SECONDS_MAX."""
        if self.process is None:
            return 0
        process, self.process = self.process, None
        if process.poll() is None:
            process.terminate()
        try:
            return process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(STOP_SECONDS_MAX)
            raise AssertionError(f"serve did not stop:\n{self.log_text()}") from None

    def kill(self) -> None:
        """kill -9 to the server and to what it started."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait(STOP_SECONDS_MAX)
            self.process = None

    def finish(self) -> None:
        """What every test ends with: a clean stop and no sanitizer's report."""
        code = self.stop()
        assert code == 0, f"serve ended with code {code}:\n{self.log_text()}"
        assert not SANITIZER.search(self.log_text(None)), self.log_text(None)

    def log_text(self, last: int | None = 6000) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return text if last is None else text[-last:]

    # Mail.

    def maildir(self, local: str = "you", domain: str | None = None) -> list[bytes]:
        folder = self.home / "mail" / (domain or self.domain) / local
        return [path.read_bytes() for name in ("new", "cur")
                for path in sorted((folder / name).glob("*"))]

    def wait_for_mail(self, local: str = "you", count: int = 1, seconds: float = 30) -> list[bytes]:
        try:
            wait_until(f"{count} messages for {local}",
                       lambda: len(self.maildir(local)) >= count, seconds)
        except TimeoutError as error:
            raise AssertionError(f"{error}:\n{self.log_text()}") from error
        return self.maildir(local)
