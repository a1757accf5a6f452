"""tests/bench/scenario_sign.py: what signing our own mail costs, beside the cryptography alone.

What:    CPU per relayed message of 10 KiB, unsigned and with two signatures (rsa-2048 and ed25519),
         Stagepost in turn with itself; what openssl needs for the same signatures and the hash of
         the body, in the same run. Whether the loops stall: the slowest accepts of both.
Errors:  RuntimeError when a message does not carry both signatures.
"""

import argparse
import re
import subprocess
import time

import measure
import report
from peer import Setup
from peers_stagepost import Ours
from probe import DOMAIN, Probe
from report import Result
from tools import Load
from world import PROBE, World

TEXT = "10 KiB relayed, unsigned and signed by rsa-2048 and ed25519; openssl alone"
SESSIONS, BYTES = 10, 10 * 1024
FACTOR_ASKED = 1.15
STALL_MS_ASKED = 50
SENDER = "you@local.test"


class Unsigned(Ours):
    key, title = "unsigned", "Stagepost, unsigned"


class Signed(Ours):
    key, title, number = "signed", "Stagepost, signed", 11

    def configure(self, server) -> None:
        super().configure(server)
        server.cli("dkim", "generate", server.domain)
        server.cli("dkim", "rotate", server.domain, "--force")


def run(world: World, name: str, options: argparse.Namespace) -> Result:
    # The author's domain has to be ours.
    load = Load(SESSIONS, BYTES, options.seconds, sender=SENDER)
    crypto = crypto_ms()
    setup = Setup(routes=((DOMAIN, PROBE),))
    with world.field(setup, kinds=(Unsigned, Signed)) as field:
        signed = next(peer for peer in field.peers if isinstance(peer, Signed))
        signatures = count_signatures(world, signed)
        if signatures != 2:
            raise RuntimeError(f"{signatures} signatures instead of 2")
        field.each(lambda peer: measure.warm_up(world, peer, load))
        runs = field.turns(options.runs, lambda peer: measure.relay(world, peer, load))
    rows = [[title, report.cell([run.cpu_ms for run in several], 3),
             report.cell([run.sink_rate for run in several], 0),
             f"{max(run.p99 for run in several):.2f}", f"{max(run.highest for run in several):.2f}",
             f"{several[0].count} ×{len(several)}",
             f"{max(run.foreign for run in several) * 100:.0f}%",
             "; ".join(run.bad for run in several if run.bad)] for title, several in runs.items()]
    result = Result(name, [f"{name}: {TEXT}", *report.table(
        ["", "CPU ms/msg", "at sink/s", "accept p99 ms", "max ms", "messages", "foreign CPU", ""],
        rows)])
    result.lines.append("openssl alone, ms: " + ", ".join(
        f"{what} {value:.4f}" for what, value in crypto.items()))
    cpu = report.medians(runs, "cpu_ms")
    more, alone = cpu[Signed.title] - cpu[Unsigned.title], sum(crypto.values())
    result.ask("signing, ms of CPU ÷ cryptography alone", more / alone, FACTOR_ASKED, at_most=True)
    result.ask("slowest accept while signing, ms",
               max(run.highest for run in runs[Signed.title]), STALL_MS_ASKED, at_most=True)
    result.figures |= {"runs": report.figures(runs), "crypto_ms": crypto}
    result.summary = (f"unsigned_ms={cpu[Unsigned.title]:.3f} signed_ms={cpu[Signed.title]:.3f} "
                      f"crypto_ms={alone:.3f} factor={more / alone:.2f}")
    return result


def count_signatures(world: World, peer: Signed) -> int:
    with Probe(world, peer, PROBE, SENDER) as probe:
        time.sleep(1)
    return len(re.findall(rb"^DKIM-Signature:", probe.last_text, re.MULTILINE))


def crypto_ms() -> dict[str, float]:
    """Milliseconds of one core for what a signed message needs."""
    def speed(*arguments: str) -> str:
        done = subprocess.run(["openssl", "speed", "-seconds", "2", *arguments],
                              capture_output=True, text=True, check=True, timeout=60)
        return done.stdout

    rsa = float(re.search(r"^rsa +2048 bits +\S+ +\S+ +([\d.]+)", speed("rsa2048"), re.M)[1])
    ed = float(re.search(r"Ed25519\) +\S+ +\S+ +([\d.]+)", speed("ed25519"), re.M)[1])
    text = speed("-bytes", str(BYTES), "-evp", "sha256")
    hashed = float(re.search(r"^sha256 +([\d.]+)k", text, re.M | re.I)[1]) * 1000
    return {"rsa-2048": 1000 / rsa, "ed25519": 1000 / ed, "sha256 of the body":
            BYTES / hashed * 1000}
