"""tests/bench/verify_load.py: sends signed mail over many sessions at once.

In/Out:  verify_load.py SOURCE ADDRESS SESSIONS COUNT PER_CONNECTION FILE: the messages of FILE (as
         verify_mail.py writes them) in turn, from SOURCE, COUNT in all, so many per connection.
Errors:  exit code 1 with the reply that was not the expected one.
Limits:  REPLY_SECONDS_MAX for each reply; no pipelining: the same dialogue with every server.
"""

import socket
import sys
import threading
from pathlib import Path

from verify_mail import RECIPIENT, SENDER, SENDER_HOST, read

REPLY_SECONDS_MAX = 60


class Client:
    def __init__(self, source: str, address: str):
        self.socket = socket.create_connection((address, 25), REPLY_SECONDS_MAX,
                                               source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.expect(b"220")
        self.say(b"EHLO " + SENDER_HOST.encode() + b"\r\n", b"250")

    def expect(self, code: bytes) -> None:
        answer = b""
        while not answer.endswith(b"\n") or answer[answer.rfind(b"\n", 0, -1) + 4:][:1] != b" ":
            more = self.socket.recv(4096)
            if not more:
                raise RuntimeError("the server closed the connection")
            answer += more
        if not answer.startswith(code):
            raise RuntimeError(f"answered {answer!r}")

    def say(self, octets: bytes, code: bytes) -> None:
        self.socket.sendall(octets)
        self.expect(code)

    def send(self, message: bytes) -> None:
        self.say(b"MAIL FROM:<" + SENDER.encode() + b">\r\n", b"250")
        self.say(b"RCPT TO:<" + RECIPIENT.encode() + b">\r\n", b"250")
        self.say(b"DATA\r\n", b"354")
        self.say(message, b"250")

    def quit(self) -> None:
        self.say(b"QUIT\r\n", b"221")
        self.socket.close()


def main() -> int:
    source, address = sys.argv[1:3]
    sessions, count, per_connection = map(int, sys.argv[3:6])
    messages = read(Path(sys.argv[6]))
    failures: list[str] = []

    def work(numbers: range) -> None:
        try:
            for start in range(0, len(numbers), per_connection):
                client = Client(source, address)
                for number in numbers[start:start + per_connection]:
                    client.send(messages[number % len(messages)])
                client.quit()
        except (OSError, RuntimeError) as error:
            failures.append(str(error))

    threads = [threading.Thread(target=work, args=(range(n, count, sessions),))
               for n in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
