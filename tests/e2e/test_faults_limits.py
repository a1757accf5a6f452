"""Out of descriptors and out of memory, under load: every 250 is accounted for."""

import os
import socket
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from cgroup import MemoryGroup
from ledger import Ledger, maildirs
from load import Client, Load, content
from peers.netns import wait_until
from sink import Sink

SECONDS_MAX = 90
LOCAL, RELAYED = "you@example.test", "friend@example.net"
DESCRIPTORS = 128
KILLS = 20 if os.environ.get("STAGEPOST_LONG") else 3
ROOM = 8 << 20  # what the server may still grow by before it is killed
UNLIMITED = 1 << 40


def world(new_server, sink: Sink):
    server = new_server()
    server.set("policy", relay_networks=["127.0.0.0/8"])
    server.set("delivery", relay_host=f"127.0.0.1:{sink.port}")
    # Small segments: new ones have to be opened in the middle of it.
    return server.set("queue", retry_after=["1s"], segment_bytes="1MiB")


def more(load: Load, count: int = 50) -> None:
    goal = load.accepted() + count
    wait_until(f"{count} more are accepted", lambda: load.accepted() >= goal, SECONDS_MAX)


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.mark.parametrize("left", [8, 2, 0])
def test_out_of_descriptors(new_server, capsys, left):
    """Idle clients take all but a few; what comes waits, what was taken is kept."""
    with Sink() as sink, ExitStack() as stack:
        server = world(new_server, sink)
        server.set("limits", connections_per_address_max=10_000)
        server.wrapper = ["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"]
        server.start()
        load = stack.enter_context(Load(server.ports["smtp"], {LOCAL: 2, RELAYED: 2}))
        more(load)
        idle: list[socket.socket] = []
        while descriptors(server.process.pid) < DESCRIPTORS - left and len(idle) < DESCRIPTORS:
            idle.append(stack.enter_context(
                socket.create_connection(("127.0.0.1", server.ports["smtp"]))))
            if left:
                idle[-1].recv(1)  # accepted
        assert len(idle) > DESCRIPTORS // 4
        before = load.accepted()
        try:
            wait_until("mail in spite of it", lambda: load.accepted() > before + 300, 4)
        except TimeoutError:
            pass  # it need not get through; it must not get lost
        if not left:
            assert "oo many open files" in server.log_text(None), "they did not run out"
        for one in idle:
            one.close()
        more(load)
        load.__exit__()
        Ledger(f"{left} of {DESCRIPTORS} descriptors left", [load],
               [*maildirs(server, "you"), sink]).settle(server, capsys)
        assert server.process.poll() is None


def swell(server, stack: ExitStack) -> None:
    """Messages that do not end, small enough to be kept in memory, until nothing answers."""
    for number in range(400):
        try:
            client = stack.enter_context(closing(Client(server.ports["smtp"])))
            client.ask("MAIL FROM:<load@example.net>", 250)
            client.ask(f"RCPT TO:<{LOCAL}>", 250)
            client.ask("DATA", 354)
            client.socket.sendall(content(f"endless{number}", 240_000))
        except OSError:
            return


def test_out_of_memory(new_server, capsys):
    """The kernel kills it in the middle of things, again and again."""
    with Sink() as sink:
        server = world(new_server, sink).set("limits", connections_per_address_max=10_000)
        loads = []
        with MemoryGroup(UNLIMITED) as group:
            server.wrapper = group.prefix()
            try:
                for number in range(KILLS):
                    group.limit(UNLIMITED)
                    server.start()
                    load = Load(server.ports["smtp"], {LOCAL: 4, RELAYED: 4}, series=f"m{number}")
                    loads.append(load)
                    with load, ExitStack() as stack:
                        more(load)
                        group.limit(group.used() + ROOM)
                        swell(server, stack)
                        wait_until("out of memory", lambda: server.process.poll() is not None,
                                   SECONDS_MAX)
                    assert server.process.returncode == -9
                    server.kill()
                assert group.kills() >= KILLS
            finally:
                server.kill()
        server.wrapper = []
        server.start()
        Ledger(f"{KILLS} x out of memory", loads, [*maildirs(server, "you"), sink]).settle(
            server, capsys, KILLS * 40, "in flight when it was killed")
