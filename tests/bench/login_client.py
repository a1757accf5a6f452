"""tests/bench/login_client.py: logs in again and again, over TLS from the first octet (AUTH PLAIN).

Usage:   login_client.py ADDRESS PORT MODE COUNT PROCESSES ACCOUNTS PASSWORD
What:    each process connects, says EHLO, AUTH, QUIT, with accounts user00000@example.test … in a
         random order that is the same for every server. MODE: full (a whole handshake each time),
         resumed (a ticket of the connection before), none (whole handshake, no AUTH: what to
         subtract).
In/Out:  one line of JSON: seconds, milliseconds of each log-in sorted, how many were resumed.
Errors:  exit code 1 with the answer that was not 235.
"""

import base64
import json
import multiprocessing
import random
import socket
import ssl
import sys
import time

SECONDS_MAX = 60


def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def expect(stream: ssl.SSLSocket, code: bytes) -> None:
    buffer = b""
    while True:
        more = stream.recv(8192)
        buffer += more
        lines = buffer.split(b"\r\n")
        if not more or (len(lines) > 1 and lines[-2][3:4] == b" "):
            break
    if not buffer.startswith(code):
        raise RuntimeError(f"answered {buffer!r} for {code!r}")


def work(address: str, port: int, mode: str, count: int, accounts: int, password: str,
         seed: int, results: multiprocessing.Queue) -> None:
    source, tls, session, reused, times = random.Random(seed), context(), None, 0, []
    try:
        for _ in range(count):
            user = f"user{source.randrange(accounts):05}@example.test"
            answer = base64.b64encode(f"\0{user}\0{password}".encode())
            begin = time.perf_counter()
            plain = socket.create_connection((address, port), SECONDS_MAX)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with tls.wrap_socket(plain, session=session if mode == "resumed" else None) as stream:
                expect(stream, b"220")
                stream.sendall(b"EHLO client.test\r\n")
                expect(stream, b"250")
                if mode != "none":
                    stream.sendall(b"AUTH PLAIN " + answer + b"\r\n")
                    expect(stream, b"235")
                times.append((time.perf_counter() - begin) * 1000)
                stream.sendall(b"QUIT\r\n")
                expect(stream, b"221")
                reused += bool(stream.session_reused)
                session = stream.session
        results.put((times, reused, ""))
    except (OSError, RuntimeError) as error:
        results.put((times, reused, f"{user}: {error}"))


def main() -> int:
    address, port, mode, count, processes, accounts, password = sys.argv[1:]
    results: multiprocessing.Queue = multiprocessing.Queue()
    workers = [multiprocessing.Process(target=work, args=(
        address, int(port), mode, int(count) // int(processes), int(accounts), password, seed,
        results)) for seed in range(int(processes))]
    begin = time.perf_counter()
    for worker in workers:
        worker.start()
    times, reused, errors = [], 0, []
    for _ in workers:
        some, resumed, error = results.get()
        times += some
        reused += resumed
        errors += [error] if error else []
    seconds = time.perf_counter() - begin
    for worker in workers:
        worker.join()
    if errors:
        print(errors[0])
        return 1
    print(json.dumps({"seconds": seconds, "milliseconds": sorted(times), "resumed": reused}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
