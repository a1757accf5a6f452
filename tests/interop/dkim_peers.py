"""tests/interop/dkim_peers.py: dkimpy, Mail::DKIM, opendkim and mailauth, each signing, verifying.

In/Out:  sign(paths, algorithm, forms) → signed mails; verify(paths) → "pass" or why not, in order.
         Mails are files with CRLF; keys are those of KeySet.
Errors:  a peer that crashes fails the test; one that refuses a mail answers None or its words.
Limits:  PEER_SECONDS_MAX per call.
"""

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from peers.unpack import library_path, peers_root

HERE = Path(__file__).resolve().parent
PEER_SECONDS_MAX = 600
DOMAIN = "interop.example"
SELECTORS = {"rsa-sha256": "r", "ed25519-sha256": "e"}


def root() -> Path:
    return peers_root("PACKAGES_INTEROP")


def peer_env() -> dict:
    folder = root()
    perl = [folder / "usr/share/perl5",
            *sorted((folder / "usr/lib").glob("*-linux-gnu/perl5/*"))]
    return {**os.environ, "LD_LIBRARY_PATH": f"{library_path(folder)}:{folder / 'usr/lib'}",
            "PERL5LIB": ":".join(map(str, perl))}


def use_python_peers() -> None:
    folder = str(root() / "usr/lib/python3/dist-packages")
    if folder not in sys.path:
        sys.path.append(folder)


def openssl(*arguments) -> bytes:
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True,
                          timeout=60).stdout


class KeySet:
    """One RSA and one Ed25519 key, their records, a zone file for us and a key file of opendkim."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.private = {"rsa-sha256": folder / "rsa.pem", "ed25519-sha256": folder / "ed.pem"}
        openssl("genrsa", "-out", self.private["rsa-sha256"], "2048")
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.private["ed25519-sha256"])
        rsa = openssl("pkey", "-in", self.private["rsa-sha256"], "-pubout", "-outform", "DER")
        ed = openssl("pkey", "-in", self.private["ed25519-sha256"], "-pubout", "-outform", "DER")
        self.seed = openssl("pkey", "-in", self.private["ed25519-sha256"], "-outform", "DER")[-32:]
        self.records = {
            f"r._domainkey.{DOMAIN}": f"v=DKIM1; k=rsa; p={base64.b64encode(rsa).decode()}",
            # RFC 8463 §4.2: the bare key
            f"e._domainkey.{DOMAIN}":
                f"v=DKIM1; k=ed25519; p={base64.b64encode(ed[-32:]).decode()}",
        }
        self.zone = folder / "zone"
        self.zone.write_text("".join(
            f"{name}. 60 IN TXT {' '.join(quoted(record))}\n"
            for name, record in self.records.items()))
        self.opendkim_keys = folder / "opendkim-keys"
        self.opendkim_keys.write_text("".join(
            f"{name} {record}\n" for name, record in self.records.items()))


def quoted(record: str) -> list[str]:
    return [f'"{record[at:at + 250]}"' for at in range(0, len(record), 250)]


class Dkimpy:
    name = "dkimpy"
    algorithms = ("rsa-sha256", "ed25519-sha256")

    def __init__(self, keys: KeySet):
        use_python_peers()
        import dkim
        self.dkim, self.keys = dkim, keys

    def sign(self, paths: list[Path], algorithm: str, forms: str) -> list[bytes | None]:
        key = (base64.b64encode(self.keys.seed) if algorithm.startswith("ed")
               else self.keys.private[algorithm].read_bytes())
        out = []
        for path in paths:
            mail = path.read_bytes()
            try:
                field = self.dkim.sign(mail, SELECTORS[algorithm].encode(), DOMAIN.encode(), key,
                                       canonicalize=tuple(forms.encode().split(b"/")),
                                       signature_algorithm=algorithm.encode(), linesep=b"\r\n")
            except self.dkim.MessageFormatError:
                out.append(None)
                continue
            out.append(field + mail)
        return out

    def verify(self, paths: list[Path]) -> list[str]:
        def txt(name, timeout=5):
            return self.keys.records.get(name.decode().rstrip("."), "").encode() or None
        out = []
        for path in paths:
            try:
                verifier = self.dkim.DKIM(path.read_bytes())
                found = [verifier.verify(idx=one, dnsfunc=txt) for one in range(count(path))]
                out.append("pass" if found and all(found) else f"{found}")
            except self.dkim.DKIMException as error:
                out.append(repr(error))
        return out


def count(path: Path) -> int:
    head = path.read_bytes().split(b"\r\n\r\n", 1)[0]
    return len(re.findall(rb"^DKIM-Signature:", head, re.MULTILINE | re.IGNORECASE))


class Helper:
    """A peer behind a script that reads a line of JSON and writes one for it."""

    def __init__(self, keys: KeySet, command: list[str]):
        self.keys, self.command = keys, command

    def ask(self, requests: list[dict]) -> list[dict]:
        lines = "".join(json.dumps({"records": self.keys.records, **one}) + "\n"
                        for one in requests)
        done = subprocess.run(self.command, input=lines, capture_output=True, text=True,
                              check=False, timeout=PEER_SECONDS_MAX, env=peer_env())
        assert done.returncode == 0, done.stderr[-2000:]
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(requests), done.stderr[-2000:]
        return answers

    def sign(self, paths: list[Path], algorithm: str, forms: str) -> list[bytes | None]:
        answers = self.ask([{"do": "sign", "file": str(path), "domain": DOMAIN,
                             "selector": SELECTORS[algorithm], "algorithm": algorithm,
                             "key": str(self.keys.private[algorithm]), "forms": forms}
                            for path in paths])
        return [answer["field"].encode() + path.read_bytes() if answer.get("field") else None
                for path, answer in zip(paths, answers, strict=True)]

    def verify(self, paths: list[Path]) -> list[str]:
        answers = self.ask([{"do": "verify", "file": str(path)} for path in paths])
        return ["pass" if answer["results"] and all(one == "pass" for one in answer["results"])
                else json.dumps(answer) for answer in answers]


class MailDkim(Helper):
    """Debian 12's knows no ed25519; its script answers for the other signatures alone."""

    name = "Mail::DKIM"
    algorithms = ("rsa-sha256",)

    def __init__(self, keys: KeySet):
        super().__init__(keys, ["perl", str(HERE / "mail_dkim.pl")])


class Mailauth(Helper):
    name = "mailauth"
    algorithms = ("rsa-sha256", "ed25519-sha256")

    def __init__(self, keys: KeySet, modules: Path):
        super().__init__(keys, ["node", str(HERE / "mailauth.cjs"), str(modules)])


class Opendkim:
    """opendkim in its test mode (-t), which reads files as if a milter had brought them."""

    name = "opendkim"
    algorithms = ("rsa-sha256",)  # ed25519 it verifies, but does not sign with

    def __init__(self, keys: KeySet):
        self.keys = keys

    def run(self, configuration: str, files: list[Path], more: list[str]) -> str:
        path = self.keys.folder / "opendkim.conf"
        path.write_text(f"{configuration}RequireSafeKeys no\nAlwaysAddARHeader no\n")
        done = subprocess.run([root() / "usr/sbin/opendkim", "-x", path, *more, "-t",
                               ",".join(map(str, files))], capture_output=True, check=False,
                              timeout=PEER_SECONDS_MAX, env=peer_env())
        return done.stdout.decode("latin-1") + done.stderr.decode("latin-1")

    def sign(self, paths: list[Path], algorithm: str, forms: str) -> list[bytes | None]:
        out = []
        for path in paths:
            said = self.run(f"Mode s\nDomain *\nSelector {SELECTORS[algorithm]}\n"
                            f"Canonicalization {forms}\nSigningTable file:{self.table()}\n"
                            f"KeyTable file:{self.key_table()}\n", [path], ["-vvv"])
            found = re.search(r"### INSHEADER: idx=\d+ hname='DKIM-Signature' hvalue='(.*?)'\n",
                              said, re.DOTALL)
            field = found and f"DKIM-Signature: {found[1]}\r\n".replace("\r\n", "\n")
            out.append(field.replace("\n", "\r\n").encode() + path.read_bytes() if field else None)
        return out

    def table(self) -> Path:
        path = self.keys.folder / "signing-table"
        path.write_text("* key\n")
        return path

    def key_table(self) -> Path:
        path = self.keys.folder / "key-table"
        path.write_text(f"key {DOMAIN}:r:{self.keys.private['rsa-sha256']}\n")
        return path

    def verify(self, paths: list[Path]) -> list[str]:
        out = []
        for at in range(0, len(paths), 50):
            part = paths[at:at + 50]
            said = self.run(f"Mode v\nTestPublicKeys {self.keys.opendkim_keys}\n", part, ["-v"])
            for path in part:
                lines = re.findall(rf"{re.escape(str(path))}: (.*)", said)
                good = any("succeeded" in line for line in lines)
                out.append("pass" if good else "; ".join(lines) or "no answer")
        return out
