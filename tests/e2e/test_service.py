"""A server under a service manager: notify protocol, watchdog, sockets, journal and syslog."""

import os
import re
import signal
import smtplib
import socket
import subprocess
import time
from pathlib import Path

import pytest
from mail import SENDER, message
from peers.netns import wait_until
from service import Knocker, Manager, bound
from stagepost import binary, free_ports

OWNER = 4903  # nobody's number on this machine


@pytest.fixture(name="managers")
def make_managers():
    """managers(server, …): a Manager that is closed after the test."""
    made = []

    def make(*arguments, **options) -> Manager:
        made.append(Manager(*arguments, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.sanitized
@pytest.mark.threads
@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_the_manager_hears_of_every_change(new_server, managers, folder, abstract):
    name = f"@stagepost-test-{os.getpid()}" if abstract else str(folder / "notify")
    server = new_server()
    manager = managers(server, name, watchdog_seconds=1).start()
    assert manager.wait_for("STATUS=")[-1].startswith("STATUS=ready: smtp 127.0.0.1:")
    manager.wait_for("WATCHDOG=1")
    manager.wait_for("STATUS=0 messages in the queue, 0 connections open")
    manager.wait_for("WATCHDOG=1")
    before = time.monotonic_ns() // 1000
    server.process.send_signal(signal.SIGHUP)
    manager.wait_for("RELOADING=1")
    at = int(manager.wait_for("MONOTONIC_USEC=")[-1].partition("=")[2])
    assert before <= at <= time.monotonic_ns() // 1000
    manager.wait_for("READY=1")
    server.process.terminate()
    manager.wait_for("STOPPING=1")
    server.finish()


def test_a_watchdog_of_another_process_is_not_ours(new_server, managers, folder):
    server = new_server()
    manager = managers(server, str(folder / "notify"))
    # What was inherited names its first owner.
    environment = {**manager.environment(), "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1",
                   "LISTEN_FDS": "3", "LISTEN_PID": "1"}
    with open(server.log, "ab") as out:
        server.process = subprocess.Popen([binary(), "serve", "--home", server.home],
                                          env=environment, stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=out, start_new_session=True)
    manager.wait_for("READY=1")
    manager.lines.clear()
    for _ in range(5):
        manager.listen()
    assert "WATCHDOG=1" not in manager.lines
    server.finish()


def test_nobody_is_refused_during_restarts(new_server, managers, folder):
    server = new_server()
    sockets = tuple(bound(port=server.ports[name])
                    for name in ("smtp", "submission", "submissions"))
    manager = managers(server, str(folder / "notify"), sockets=sockets).start()
    port = server.ports["smtp"]
    with Knocker("127.0.0.1", port) as knocker:
        for end in (server.kill, server.stop, server.kill):
            seen = knocker.connected
            wait_until("connections", lambda seen=seen: knocker.connected > seen + 20)
            end()
            # Nobody accepts now: who comes waits for the next server.
            with socket.create_connection(("127.0.0.1", port), timeout=60) as early:
                manager.start()
                assert early.recv(4).startswith(b"220")
    assert not knocker.refused, knocker.refused[:3]
    with smtplib.SMTP("127.0.0.1", port, "client.example.net", timeout=60) as client:
        client.sendmail(SENDER, server.user, message("handed over"))
    server.wait_for_mail()
    assert "socket_unused" not in server.log_text(None)
    server.finish()
    for one in sockets:
        one.close()


def test_sockets_meet_listeners_by_address(new_server, managers, folder):
    """One socket for three listeners, and one that no listener asks for."""
    server = new_server()
    with bound(port=server.ports["submission"]) as known, bound() as unknown:
        managers(server, str(folder / "notify"), sockets=(unknown, known)).start()
        assert server.process.poll() is None
        for name in ("smtp", "submission"):
            with smtplib.SMTP("127.0.0.1", server.ports[name], "me.example", timeout=60) as client:
                assert client.noop()[0] == 250
        unused = f"port0 (127.0.0.1:{unknown.getsockname()[1]}) was handed to us"
        wait_until("a warning", lambda: unused in server.log_text(None))
        server.finish()


def test_a_socket_that_cannot_be_one_of_ours(new_server, managers, folder):
    server = new_server()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        manager = managers(server, str(folder / "notify"), sockets=(datagrams,))
        with pytest.raises(AssertionError, match="serve ended"):
            manager.start()
    assert re.search(r"socket 3 \(port0\).* is no listening TCP socket; write only ListenStream=",
                     server.log_text())
    server.kill()


def test_lines_for_the_journal_have_priorities(new_server):
    server = new_server()
    with open(server.log, "ab") as out:
        file = os.fstat(out.fileno())
    server.log.touch()
    os.environ["JOURNAL_STREAM"] = f"{file.st_dev}:{file.st_ino}"
    try:
        server.start()
    finally:
        del os.environ["JOURNAL_STREAM"]
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"], "me.example", timeout=60) as client:
        client.sendmail(SENDER, server.user, message("journal"))
    server.wait_for_mail()
    server.finish()
    lines = [line for line in server.log_text(None).splitlines() if not line.startswith("ready")]
    assert any(line.startswith("<6>info message.") for line in lines)
    assert all(re.match(r"<[3-7]>(?:debug|info|warning|error) \S", line) for line in lines), lines


def test_syslog(new_server, folder):
    path = folder / "log"
    server = new_server().set("log", output="syslog", syslog_socket=str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
        syslog.bind(str(path))
        syslog.settimeout(30)
        pid = server.start().process.pid
        server.finish()
        first = syslog.recv(65536).decode()
        assert re.match(rf"<22>stagepost\[{pid}\]: info \S", first), first
    server.set("log", path="mail.log")
    assert "log.path" in refusal_of_check(server)


def refusal_of_check(server) -> str:
    done = subprocess.run([binary(), "check", "--home", server.home], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 1
    return done.stderr


def test_root_leaves_nothing_of_its_own_behind(new_server):
    """Verbs that root calls while no server runs make files that the server's user can use."""
    server = new_server()
    for path in (server.home, *server.home.rglob("*")):
        os.chown(path, OWNER, OWNER, follow_symlinks=False)
    server.add_user("second@example.test")
    server.cli("dkim", "generate", "example.test")
    server.cli("queue", "list")
    others = [path for path in (server.home / "state").rglob("*") if path.stat().st_uid != OWNER]
    assert not others
    server.run_as = OWNER
    server.start()
    server.cli("user", "list")
    server.finish()


def test_health(server):
    assert server.cli("health").startswith("ok")
    server.stop()
    server.cli("health", code=1)


def test_init_for_the_whole_machine(folder):
    """Without --home: /etc/stagepost and /var/lib/stagepost, in a mount namespace of our own."""
    etc, var = folder / "etc", folder / "var"
    for path in (etc, var / "lib"):
        path.mkdir(parents=True)
    ports = " ".join(f"--{name}-port {port}" for name, port in
                     zip(("smtp", "submission", "submissions", "http"), free_ports(4), strict=True))
    script = (f"mount -t tmpfs none /var/lib && mkdir /var/lib/stagepost && "
              f"chown {OWNER}:{OWNER} /var/lib/stagepost && cp -a /etc/. {etc} && "
              f"mount --bind {etc} /etc && "
              f"{binary()} init example.test --demo --yes {ports} && {binary()} check && "
              f"stat -c '%u %n' /var/lib/stagepost/state/* /etc/stagepost/stagepost.toml")
    done = subprocess.run(["unshare", "-m", "--propagation", "private", "bash", "-euc", script],
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/etc/stagepost/stagepost.toml is fine" in done.stdout
    owned = re.findall(r"^(\d+) (/\S+)$", done.stdout, re.MULTILINE)
    assert ("0", "/etc/stagepost/stagepost.toml") in owned
    state = {Path(path).name: uid for uid, path in owned if path.startswith("/var")}
    assert state["directory.db"] == state["login.secret"] == str(OWNER)
