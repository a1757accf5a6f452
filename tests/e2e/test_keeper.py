"""`stagepost keeper`: ports outlive servers; crashes and upgrades refuse and lose nothing."""

import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from ledger import Ledger, maildirs
from load import Load
from mail import SENDER, message
from peers.netns import wait_until
from service import Knocker, Manager, bound
from stagepost import COMMAND_SECONDS_MAX, Stagepost, binary, free_ports

PROBATION_SECONDS = 5  # src/server/keeper/succession.cc
OWNER = 4904  # nobody's number on this machine


@pytest.fixture(name="kept")
def start_kept(new_server, folder) -> Stagepost:
    """A server under a keeper, whose program is a file that the test may replace."""
    server = new_server()
    server.program = folder / "stagepost"
    shutil.copy(binary(), server.program)
    server.verb = "keeper"
    return server.start()


def server_pids(server: Stagepost) -> list[int]:
    keeper = server.process.pid
    return [int(one) for one in
            Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()]


def program_of(pid: int) -> str:
    return os.readlink(f"/proc/{pid}/exe")


def replace(server: Stagepost, by: Path) -> None:
    """As a package does: another file takes the name."""
    fresh = server.program.with_suffix(".new")
    shutil.copy(by, fresh)
    fresh.rename(server.program)


def upgrade(server: Stagepost) -> subprocess.CompletedProcess:
    return subprocess.run([binary(), "upgrade", "--home", server.home], capture_output=True,
                          text=True, check=False, timeout=COMMAND_SECONDS_MAX)


def greeting(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 60) as one:
        return one.recv(512)


def test_upgrades_under_load_refuse_nobody_and_lose_nothing(kept, capsys):
    port = kept.ports["smtp"]
    waits = []
    seen = set(server_pids(kept))
    with Load(port, {kept.user: 3}) as long, \
            Load(port, {kept.user: 3}, per_connection=1, series="short") as short, \
            Knocker("127.0.0.1", port) as knocker:
        for _ in range(3):
            wait_until("mail flows", lambda before=long.accepted(): long.accepted() > before + 20,
                       30)
            replace(kept, binary())
            done = upgrade(kept)
            assert done.returncode == 0, done.stdout + done.stderr + kept.log_text()
            assert "it is well" in done.stdout
            waits.append(float(re.search(r"waited (\d+\.\d) s", done.stdout)[1]))
            assert len(server_pids(kept)) == 1
            seen.update(server_pids(kept))
    assert len(seen) == 4, "each upgrade is a new process"
    assert not knocker.refused, knocker.refused
    Ledger(f"upgraded 3 times, connections waited {max(waits)} s at most, "
           f"{knocker.connected} came and none was refused", [long, short],
           maildirs(kept, "you")).settle(kept, capsys, duplicates_max=0)
    kept.finish()


def test_a_conversation_that_goes_on_is_ended_in_an_orderly_way(kept):
    client = smtplib.SMTP("127.0.0.1", kept.ports["smtp"], timeout=60)
    client.ehlo()
    client.mail(SENDER)
    client.rcpt(kept.user)
    assert client.docmd("DATA")[0] == 354
    asked = threading.Thread(target=upgrade, args=(kept,))
    asked.start()
    wait_until("the old server stops", lambda: "ends its conversations" in kept.log_text(), 30)
    client.send(message("in time") + b".\r\n")
    assert client.getreply()[0] == 250
    assert client.getreply()[0] == 421
    client.close()
    asked.join()
    wait_until("the mail", lambda: len(list(maildirs(kept, "you")[0].glob("*"))) == 1, 30)
    kept.finish()


@pytest.mark.parametrize("bad", ["/bin/false", "/bin/cat", __file__],
                         ids=["ends", "knows no such option", "is no program"])
def test_a_program_that_does_not_get_ready_changes_nothing(kept, bad):
    before = server_pids(kept)
    replace(kept, Path(bad))
    done = upgrade(kept)
    assert done.returncode == 1
    assert "the old server goes on" in done.stdout, done.stdout
    assert server_pids(kept) == before
    assert greeting(kept.ports["smtp"]).startswith(b"220")
    kept.finish()


def test_a_new_configuration_with_a_mistake_changes_nothing(kept):
    before = server_pids(kept)
    good = kept.config.read_text()
    kept.set("limits", stop_grace="a while")
    done = upgrade(kept)
    assert done.returncode == 1
    assert "stop_grace" in done.stdout and "the old server goes on" in done.stdout
    assert server_pids(kept) == before
    kept.config.write_text(good)
    kept.finish()


def test_a_new_server_that_ends_at_once_gives_its_place_back(kept):
    (old,) = server_pids(kept)
    done = []
    old_program = os.stat(f"/proc/{old}/exe").st_ino
    replace(kept, binary())
    asked = threading.Thread(target=lambda: done.append(upgrade(kept)))
    asked.start()
    wait_until("the new one serves", lambda: "it is watched" in kept.log_text(), 30)
    (new,) = server_pids(kept)
    assert os.stat(f"/proc/{new}/exe").st_ino != old_program
    with Knocker("127.0.0.1", kept.ports["smtp"]) as knocker:
        os.kill(new, signal.SIGSEGV)
        asked.join()
    assert not knocker.refused
    assert done[0].returncode == 1
    assert "the old program serves again" in done[0].stdout, done[0].stdout
    (back,) = server_pids(kept)
    assert os.stat(f"/proc/{back}/exe").st_ino == old_program
    assert program_of(back).endswith("(deleted)")
    assert greeting(kept.ports["smtp"]).startswith(b"220")
    kept.finish()


@pytest.mark.sanitized
def test_a_server_that_crashes_is_started_anew_and_nobody_is_refused(kept):
    (old,) = server_pids(kept)
    with Knocker("127.0.0.1", kept.ports["smtp"]) as knocker:
        os.kill(old, signal.SIGKILL)
        wait_until("another one", lambda: server_pids(kept) not in ([], [old]), 30)
        wait_until("it greets", lambda: greeting(kept.ports["smtp"]).startswith(b"220"), 60)
    assert not knocker.refused
    assert "the server ended by signal 9; it is started anew" in kept.log_text()
    kept.finish()


@pytest.mark.sanitized
def test_a_reload_that_needs_another_port_is_a_successor(kept):
    (old,) = server_pids(kept)
    (port,) = free_ports(1)
    kept.append(f'[[listener]]\nname = "second"\naddress = "127.0.0.1:{port}"')
    kept.process.send_signal(signal.SIGHUP)
    wait_until("the new one is well", lambda: "it is well" in kept.log_text(), 60)
    assert server_pids(kept) != [old]
    assert greeting(port).startswith(b"220")
    kept.finish()


def test_a_plain_reload_keeps_the_server(kept):
    before = server_pids(kept)
    kept.process.send_signal(signal.SIGHUP)
    wait_until("it is reloaded", lambda: "server.reloaded" in kept.log_text(), 30)
    assert server_pids(kept) == before
    kept.finish()


def test_a_keeper_that_is_killed_takes_its_server_with_it(kept):
    (server,) = server_pids(kept)
    os.kill(kept.process.pid, signal.SIGKILL)
    kept.process.wait(30)
    wait_until("the server ends", lambda: not Path(f"/proc/{server}").exists(), 60)
    kept.process = None
    kept.start()
    assert greeting(kept.ports["smtp"]).startswith(b"220")
    kept.finish()


def test_a_first_server_that_cannot_serve_ends_the_keeper(new_server):
    server = new_server()
    good = server.config.read_text()
    with bound(port=server.ports["smtp"]):
        done = subprocess.run([binary(), "keeper", "--home", server.home], capture_output=True,
                              text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert f"127.0.0.1:{server.ports['smtp']}" in done.stderr
    server.set("tls", certificate="/nowhere.pem", key="/nowhere.key")
    done = subprocess.run([binary(), "keeper", "--home", server.home], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 1 and "/nowhere" in done.stderr
    server.config.write_text(good)


def test_two_keepers_do_not_share_a_home(kept):
    done = subprocess.run([binary(), "keeper", "--home", kept.home], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 1 and "another process listens at" in done.stderr
    kept.finish()


def test_upgrade_without_a_keeper_says_so(new_server):
    server = new_server().start()
    done = upgrade(server)
    assert done.returncode == 1 and "stagepost keeper" in done.stderr
    server.finish()


def test_who_asks_for_something_else_is_told(kept):
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(30)
        one.connect(str(kept.home / "keeper.sock"))
        one.sendall(b"x" * 5000)
        assert b"not known" in one.recv(500)
    silent = socket.socket(socket.AF_UNIX)
    silent.connect(str(kept.home / "keeper.sock"))
    assert upgrade(kept).returncode == 0
    silent.close()
    assert (kept.home / "keeper.sock").stat().st_mode & 0o777 == 0o600
    kept.finish()
    assert not (kept.home / "keeper.sock").exists()


def test_a_keeper_that_is_root_starts_the_server_as_the_owner_of_its_state(new_server):
    server = new_server()
    for path in [server.home, *server.home.rglob("*")]:
        os.lchown(path, OWNER, OWNER)
    server.verb = "keeper"
    server.start()
    (pid,) = server_pids(server)
    status = Path(f"/proc/{pid}/status").read_text()
    assert re.search(rf"^Uid:\s{OWNER}\s{OWNER}\s{OWNER}\s", status, re.MULTILINE)
    assert re.search(r"^CapPrm:\s0{16}$", status, re.MULTILINE)
    assert (server.home / "keeper.sock").stat().st_uid == OWNER
    server.finish()


def test_the_service_manager_hears_of_the_keeper_alone(new_server, folder):
    server = new_server()
    server.verb = "keeper"
    sockets = (bound(port=server.ports["smtp"]),)
    manager = Manager(server, str(folder / "notify"), sockets=sockets, watchdog_seconds=2)
    try:
        manager.start()
        (old,) = server_pids(server)
        manager.wait_for("WATCHDOG=1")
        asked = threading.Thread(target=upgrade, args=(server,))
        asked.start()
        deadline = time.monotonic() + 60
        heard = []
        while asked.is_alive() and time.monotonic() < deadline:
            manager.listen()
        asked.join()
        heard, manager.lines = manager.lines, []
        assert "STOPPING=1" not in heard and "READY=1" in heard
        assert heard.count("WATCHDOG=1") >= PROBATION_SECONDS
        assert server_pids(server) != [old]
        server.process.terminate()
        manager.wait_for("STOPPING=1")
        server.finish()
    finally:
        manager.close()
