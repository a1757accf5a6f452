"""DKIM both ways: others sign and we verify, we sign and others verify; real mails.

A plain ./test takes MAILS_FAST mails of the corpus, `./test --all` MAILS_LONG.
"""

import collections
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import ours
from dkim_peers import DOMAIN, SELECTORS, Dkimpy, KeySet, MailDkim, Mailauth, Opendkim

ROOT = Path(__file__).resolve().parents[2]
LONG = bool(os.environ.get("STAGEPOST_LONG"))
MAILS_FAST, MAILS_LONG = 12, 500
FORMS = ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]
MAILAUTH = "mailauth@7.1.0"
NPM_SECONDS_MAX = 120
pytestmark = pytest.mark.corpus("corpus-sa")


def normalized(octets: bytes) -> bytes:
    """As it would come over SMTP: CRLF, no mbox line, an end of line at the end."""
    if octets.startswith(b"From "):
        octets = octets.split(b"\n", 1)[1]
    lines = octets.replace(b"\r\n", b"\n").replace(b"\r", b"").split(b"\n")
    return b"\r\n".join(lines[:-1] if lines[-1] == b"" else lines) + b"\r\n"


def is_mail(octets: bytes) -> bool:
    """One From, a body, and nothing that SMTP would not carry."""
    head, _, body = octets.partition(b"\r\n\r\n")
    names = [line.split(b":", 1)[0].strip().lower() for line in head.split(b"\r\n")
             if line[:1] not in b" \t" and line]
    fields = all(b":" in line or line[:1] in b" \t" for line in head.split(b"\r\n"))
    return fields and names.count(b"from") == 1 and bool(body) and b"\0" not in octets


@pytest.fixture(scope="module", name="keys")
def make_keys(work) -> KeySet:
    return KeySet(work)


@pytest.fixture(scope="module", name="mails")
def find_mails(work, corpora) -> list[Path]:
    wanted, out = MAILS_LONG if LONG else MAILS_FAST, []
    (work / "mails").mkdir()
    for path in sorted((corpora / "corpus-sa").rglob("*")):
        if not path.is_file() or path.parent.name == "corpus-sa":
            continue
        octets = normalized(path.read_bytes())
        if len(out) < wanted and is_mail(octets):
            out.append(work / "mails" / f"{len(out)}.eml")
            out[-1].write_bytes(octets)
    assert len(out) == wanted
    return out


@pytest.fixture(scope="module", name="mailauth_modules")
def fetch_mailauth() -> Path | str:
    """The folder of npm's modules, or why they are not there."""
    if not shutil.which("npm") or not shutil.which("node"):
        return "npm or node is not there"
    folder = ROOT / "build/peers/npm-mailauth"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules/mailauth").is_dir():
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts",
                               MAILAUTH], cwd=folder, capture_output=True, text=True, check=False,
                              timeout=NPM_SECONDS_MAX)
        if done.returncode != 0:
            return f"npm could not fetch {MAILAUTH}: {done.stderr[-300:]}"
    return folder / "node_modules"


class NoPeer:
    """What is missing signs nothing and objects to nothing; NOT RUN tells of it."""

    name, algorithms = "nobody", ()

    def verify(self, paths: list[Path]) -> list[str]:
        return ["pass"] * len(paths)


@pytest.fixture(name="peer", params=["dkimpy", "Mail::DKIM", "opendkim", "mailauth"])
def make_peer(request, keys, mailauth_modules, tell_not_run):
    if request.param != "mailauth":
        return {"dkimpy": Dkimpy, "Mail::DKIM": MailDkim, "opendkim": Opendkim}[request.param](keys)
    if isinstance(mailauth_modules, str):
        tell_not_run(mailauth_modules)
        return NoPeer()
    return Mailauth(keys, mailauth_modules)


def report(title: str, mails: int, differences: dict) -> None:
    print(f"{title}: {mails} mails, {len(differences)} differences")
    for words, count in collections.Counter(map(str, differences.values())).most_common(5):
        print(f"  {count} times: {words}")


@pytest.mark.parametrize("forms", FORMS)
def test_they_sign_we_verify(peer, keys, mails, work, forms):
    for algorithm in peer.algorithms:
        signed = peer.sign(mails, algorithm, forms)
        taken = [one for one in range(len(mails)) if signed[one] is not None]
        assert len(taken) > len(mails) * 0.97, f"{peer.name} signs only {len(taken)}"
        paths = [work / f"theirs-{one}.eml" for one in taken]
        for path, one in zip(paths, taken, strict=True):
            path.write_bytes(signed[one])
        answers = ours.check_batch(
            [{"file": str(path), "ip": "192.0.2.1", "helo": "mx.far.example",
              "from": "a@far.example", "to": "you@example.org", "zone_file": str(keys.zone)}
             for path in paths], work)
        differences = {one: (answer["dkim"] and answer["dkim"][0]["problem"], answer["verdict"])
                       for one, answer in zip(taken, answers, strict=True)
                       if [found["result"] for found in answer["dkim"]] != ["pass"]}
        report(f"{peer.name} signs {algorithm} {forms}", len(taken), differences)
        assert not differences


@pytest.mark.parametrize("forms", FORMS)
def test_we_sign_they_verify(peer, keys, mails, work, forms):
    both = [(SELECTORS[algorithm], keys.private[algorithm]) for algorithm in SELECTORS]
    paths = []
    for number, mail in enumerate(mails):
        paths.append(work / f"ours-{number}.eml")
        paths[-1].write_bytes(ours.sign(mail.read_bytes(), domain=DOMAIN, keys=both, forms=forms))
    differences = {path.name: found for path, found in zip(paths, peer.verify(paths), strict=True)
                   if found != "pass"}
    report(f"we sign {forms}, {peer.name} verifies", len(paths), differences)
    assert not differences
