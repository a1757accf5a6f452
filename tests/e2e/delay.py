"""tests/e2e/delay.py: a TCP proxy of our own, which is late, and can be made to hang up.

What:    with Delay(goal_port, seconds) as way: connect to way.port; what is said arrives so much
         later, in both directions. way.cut() closes all connections at once.
Limits:  one thread for each direction of a connection; pieces of PIECE octets.
"""

import socket
import threading
import time
from queue import SimpleQueue

PIECE = 65536
CONNECT_SECONDS_MAX = 20


class Delay:
    def __init__(self, goal: int, seconds: float):
        self.goal, self.seconds = goal, seconds
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.open: set[socket.socket] = set()

    def __enter__(self) -> "Delay":
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def cut(self) -> int:
        """How many connections there were."""
        with self.lock:
            cut, self.open = self.open, set()
        for one in cut:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it went by itself
        return len(cut) // 2

    def accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return  # the end
            try:
                far = socket.create_connection(("127.0.0.1", self.goal), CONNECT_SECONDS_MAX)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self.lock:
                self.open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                self.carry(source, sink)

    def carry(self, source: socket.socket, sink: socket.socket) -> None:
        late: SimpleQueue[tuple[float, bytes]] = SimpleQueue()

        def read() -> None:
            piece = b"begin"
            while piece:
                try:
                    piece = source.recv(PIECE)
                except OSError:
                    piece = b""
                late.put((time.monotonic() + self.seconds, piece))

        def write() -> None:
            while True:
                due, piece = late.get()
                time.sleep(max(0.0, due - time.monotonic()))
                try:
                    if not piece:
                        sink.shutdown(socket.SHUT_WR)
                        return
                    sink.sendall(piece)
                except OSError:
                    return

        for work in (read, write):
            threading.Thread(target=work, daemon=True).start()
