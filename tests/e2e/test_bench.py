"""Tests of `stagepost bench`: what load sends, sink knows again; what becomes of it is counted."""

import json
import signal
import smtplib
import socket
import subprocess
import time

import pytest
from bench import Server, Sink, load, measured, run
from peers.netns import wait_until
from peers.pki import Authority
from stagepost import binary, free_ports

WHOLE = {"duplicates": 0, "damaged": 0, "foreign": 0}


@pytest.fixture(name="sink")
def make_sink(folder):
    with Sink(folder) as sink:
        yield sink


def whole(counts: dict, number: int) -> bool:
    return counts["distinct"] == counts["messages"] == number and counts | WHOLE == counts


@pytest.mark.parametrize("options", [
    [], ["--no-pipelining"], ["--bdat"], ["--bdat", "--no-pipelining"], ["--per-connection", 3],
    ["--size", 300_000], ["--size", 400], ["--threads", 2], ["--recipients", 3]],
    ids=lambda options: "-".join(map(str, options)) or "plain")
def test_every_message_arrives_whole(sink, options):
    report = load(sink.port, "--sessions", 4, "--messages", 50, *options)
    assert report["messages"] == report["accepted"] == 50
    assert report["latency_ms"]["accept"]["p50"] > 0 and report["rate"] > 0
    assert report["pipelining"] == ("--no-pipelining" not in options)
    assert whole(sink.wait_for("messages", 50), 50)


def test_the_sink_sees_what_is_doubled_and_what_is_foreign(sink):
    load(sink.port, "--messages", 20)
    load(sink.port, "--messages", 20, "--from-number", 10)
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=20) as client:
        client.sendmail("a@example.net", ["b@example.org"], "Subject: x\r\n\r\n..\r\nhello\r\n")
    counts = sink.wait_for("messages", 41)
    assert (counts["distinct"], counts["duplicates"], counts["foreign"]) == (30, 10, 1)
    sink.process.send_signal(signal.SIGUSR1)
    wait_until("zero", lambda: sink.counts()["messages"] == 0)
    load(sink.port, "--messages", 20)
    assert whole(sink.wait_for("messages", 20), 20)
    assert "distinct              20" in sink.end()


def test_the_sink_sees_damage(folder):
    with Sink(folder, "--folder", folder / "kept") as sink:
        load(sink.port, "--messages", 1)
        [kept] = (folder / "kept").iterdir()
        text = kept.read_bytes()
        body = text.index(b"\r\n\r\n") + 4
        damaged = text[:body] + bytes([text[body] ^ 1]) + text[body + 1:]
        with smtplib.SMTP("127.0.0.1", sink.port, timeout=20) as client:
            client.sendmail("a@example.net", ["b@example.org"], damaged)
        counts = sink.wait_for("messages", 2)
        assert (counts["distinct"], counts["damaged"]) == (1, 1)
        sink.end(code=1)


@pytest.mark.threads
def test_through_stagepost_nothing_is_lost_damaged_or_doubled(new_server, sink):
    server = new_server().set("policy", relay_networks=["127.0.0.0/8"])
    server.set("delivery", relay_host=f"127.0.0.1:{sink.port}").start()
    report = load(server.ports["smtp"], "--sessions", 20, "--messages", 600)
    assert report["accepted"] == 600, report
    assert whole(sink.wait_for("messages", 600), 600)


@pytest.mark.threads
def test_through_the_reference_server(folder, sink):
    port = free_ports(1)[0]
    with Server("bare", "--listen", f"127.0.0.1:{port}", "--relay", f"127.0.0.1:{sink.port}",
                "--folder", folder / "bare", "--loops", 2, "--json") as bare:
        for size, number in ((2000, 0), (200_000, 300)):
            load(port, "--sessions", 20, "--messages", 300, "--size", size,
                 "--from-number", number)
        assert whole(sink.wait_for("messages", 600), 600)
        assert json.loads(bare.end()) == {"accepted": 600, "relayed": 600, "lost": 0}


@pytest.mark.parametrize(("rule", "code", "accepted"), [
    ("451@connect", "451", 0), ("554@ehlo", "554", 0), ("450@mail", "450", 0),
    ("550@rcpt", "550", 0), ("452@data", "452", 0), ("552@end", "552", 0), ("421@mail", "421", 0),
    ("421/0.5@rcpt", "421", 15), ("451/0.5", "451", 15)])
def test_refusals_are_counted_by_code(folder, rule, code, accepted):
    with Sink(folder, "--answer", rule) as sink:
        for pipelining in ([], ["--no-pipelining"]):
            report = load(sink.port, "--messages", 30, *pipelining, code=1)
            assert report["accepted"] + report["refused"][code] == report["messages"]
            assert report["messages"] == 30 or rule.endswith(("@connect", "@ehlo"))
            assert (report["accepted"] > 0) == (accepted > 0)
            assert code in report["first_error"] and report["errors"] == 0
        assert sink.counts()["refused"] > 0


def test_the_sink_is_slow_or_gone(folder):
    with Sink(folder, "--delay", "30@rcpt", "--delay", "30") as sink:
        report = load(sink.port, "--messages", 3)
        assert report["latency_ms"]["accept"]["p50"] >= 60
    with Sink(folder, "--tarpit", 20_000) as sink:
        assert load(sink.port, "--messages", 1, "--size", 10_000)["seconds"] >= 0.4
    with Sink(folder, "--close", "1@data") as sink:
        report = load(sink.port, "--messages", 3, code=1)
        assert report["errors"] == 3
        assert "closed" in report["first_error"] or "reset" in report["first_error"]
    with Sink(folder, "--no-pipelining", "--no-bdat") as sink:
        assert not load(sink.port, "--messages", 3)["pipelining"]
        report = load(sink.port, "--messages", 3, "--bdat", code=1)
        assert "CHUNKING" in report["first_error"]


def test_the_open_loop_keeps_its_pace(folder):
    with Sink(folder, "--delay", "50@end") as sink:
        begin = time.monotonic()
        report = load(sink.port, "--rate", 100, "--messages", 50, "--sessions", 20)
        assert report["accepted"] == 50
        assert 0.45 < time.monotonic() - begin < 5
        # One session at 20 a second cannot keep up: the wait counts.
        report = load(sink.port, "--rate", 100, "--messages", 20, "--from-number", 100)
        assert report["latency_ms"]["accept"]["max"] > 500
        report = load(sink.port, "--seconds", 0.3, "--rate", 50, "--from-number", 200)
        assert report["accepted"] <= 15


def test_troublemakers_disturb_nobody(sink):
    for kind in ("abort", "stall", "slow"):
        report = load(sink.port, "--sessions", 8, "--messages", 200, "--trouble", f"0.5:{kind}")
        assert report["accepted"] == 200 and report["trouble"] >= 4
    counts = sink.wait_for("messages", 600)
    assert (counts["distinct"], counts["duplicates"], counts["damaged"]) == (200, 400, 0)


@pytest.fixture(name="tls_sink")
def make_tls_sink(folder):
    certificate = Authority(folder / "pki").sign("sink.test")
    with Sink(folder, "--tls", f"{certificate.certificate},{certificate.key}") as sink:
        yield sink


@pytest.mark.threads
def test_over_tls(tls_sink):
    report = load(tls_sink.port, "--messages", 40, "--sessions", 4, "--tls", "starttls",
                  "--per-connection", 5)
    assert report["tls"].startswith("TLSv1.3") and report["handshake_ms"]["p50"] > 0
    assert whole(tls_sink.wait_for("messages", 40), 40)


def test_handshakes_are_full_unless_asked_to_resume(tls_sink):
    options = ["--to", f"127.0.0.1:{tls_sink.port}", "--count", 30, "--sessions", 2]
    report = measured("handshakes", *options)
    assert (report["count"], report["resumed"], report["errors"]) == (30, 0, 0)
    report = measured("handshakes", *options, "--resume")
    # Each session's first is whole; one that begins before the first ticket came is, too.
    assert (report["count"], report["errors"]) == (30, 0) and report["resumed"] >= 26


@pytest.mark.parametrize("tls", ["none", "starttls"])
def test_idle_connections_are_held(tls_sink, tls):
    idle = subprocess.Popen([binary(), "bench", "idle", "--to", f"127.0.0.1:{tls_sink.port}",
                             "--connections", "40", "--tls", tls, "--hold", "30"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    opened = json.loads(idle.stdout.readline())
    assert (opened["open"], opened["failed"]) == (40, 0)
    tls_sink.wait_for("connections", 40)
    assert idle.poll() is None
    idle.stdin.close()
    assert idle.wait(20) == 0
    assert run("idle", "--to", f"127.0.0.1:{tls_sink.port}", "--connections", 3, "--hold", 0.1)


def test_the_machine_is_measured(folder):
    ping = measured("pingpong")
    assert ping["one_core_us"] > 0 and ping["two_cores_us"] > 0
    assert "µs on one core" in run("pingpong").stdout


def test_mistakes_are_said_in_words(folder, sink):
    port = free_ports(1)[0]
    report = load(port, "--messages", 100, code=1)
    assert "refused" in report["first_error"] and report["messages"] < 100
    for arguments, words in (
            (["load", "--to", "nowhere"], "HOST:PORT"),
            (["load", "--to", "a.invalid:25"], "has no address"),
            (["load", "--to", "127.0.0.1:1", "--size", 20], "at least"),
            (["load", "--to", "127.0.0.1:1", "--rcpt", "a{m}"], "{n}"),
            (["load", "--to", "127.0.0.1:1", "--trouble", "1"], "0.1:stall"),
            (["sink", "--listen", "127.0.0.1:0", "--answer", "250"], "451/0.01@rcpt"),
            (["sink", "--listen", "127.0.0.1:0", "--tls", "none"], "CERT,KEY")):
        done = run(*arguments, code=2)
        assert words in done.stderr, done.stderr
    done = run("sink", "--listen", f"127.0.0.1:{sink.port}", code=1)
    assert "in use" in done.stderr
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        report = load(silent.getsockname()[1], "--messages", 1, "--timeout", 1, code=1)
        assert "timed out" in report["first_error"]


def test_ctrl_c_prints_what_there_is_so_far(folder):
    with Sink(folder, "--delay", "20@end") as sink:
        running = subprocess.Popen([binary(), "bench", "load", "--to", f"127.0.0.1:{sink.port}",
                                    "--messages", "100000", "--json"], stdout=subprocess.PIPE)
        sink.wait_for("messages", 3)
        running.send_signal(signal.SIGINT)
        text, _ = running.communicate(timeout=20)
        report = json.loads(text)
        assert report["messages"] == report["accepted"] < 100_000 and running.returncode == 0
