"""tests/bench/verify_sink.py: an SMTP server that counts mail, and mail that was verified.

What:    takes everything; a message counts as verified when its Authentication-Results fields,
         before anything else's, say dkim=pass, spf=pass and dmarc=pass.
In/Out:  verify_sink.py ADDRESS FOLDER → FOLDER/count with "TOTAL VERIFIED", FOLDER/sample with the
         header of the latest message and an empty line.
Limits:  one process; messages of one connection one after another.
"""

import asyncio
import os
import re
import sys
from pathlib import Path

RESULTS = re.compile(rb"^authentication-results:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*",
                     re.IGNORECASE | re.MULTILINE)
PASSES = [re.compile(method + rb"=pass\b") for method in (rb"dkim", rb"spf", rb"dmarc")]


class Counter:
    def __init__(self, folder: Path):
        self.file = os.open(folder / "count", os.O_RDWR | os.O_CREAT, 0o644)
        self.sample = os.open(folder / "sample", os.O_RDWR | os.O_CREAT, 0o644)
        self.total = self.verified = 0

    def add(self, message: bytes) -> None:
        header = message.partition(b"\r\n\r\n")[0]
        fields = b"\r\n".join(RESULTS.findall(header))
        verified = all(word.search(fields) for word in PASSES)
        self.total += 1
        self.verified += verified
        os.pwrite(self.sample, header + b"\r\n\r\n", 0)
        os.pwrite(self.file, b"%12d %12d\n" % (self.total, self.verified), 0)


class Session(asyncio.Protocol):
    def __init__(self, counter: Counter):
        self.counter = counter
        self.octets = b""
        self.in_data = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(b"220 sink.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.octets += data
        while self.take():
            pass

    def take(self) -> bool:
        """One line or one message; False when it has not come whole."""
        end = b"\r\n.\r\n" if self.in_data else b"\r\n"
        part, found, rest = self.octets.partition(end)
        if not found:
            return False
        self.octets = rest
        if self.in_data:
            self.in_data = False
            self.counter.add(part)
            self.transport.write(b"250 2.0.0 kept\r\n")
            return True
        verb = part[:4].upper()
        self.in_data = verb == b"DATA"
        self.transport.write({b"DATA": b"354 go on\r\n", b"QUIT": b"221 2.0.0 bye\r\n",
                              b"EHLO": b"250-sink.test\r\n250-8BITMIME\r\n250 SIZE 0\r\n",
                              }.get(verb, b"250 2.0.0 ok\r\n"))
        if verb == b"QUIT":
            self.transport.close()
        return True


async def main() -> None:
    address, folder = sys.argv[1:]
    counter = Counter(Path(folder))
    server = await asyncio.get_running_loop().create_server(lambda: Session(counter), address, 25,
                                                            backlog=1000)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
