"""tests/peers/pki.py: a certificate authority for the tests, and what it signs (by openssl)."""

from dataclasses import dataclass
from pathlib import Path

from peers.netns import command

DAYS = "30"
RSA = ["-newkey", "rsa:2048", "-nodes"]
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


@dataclass(frozen=True)
class Certificate:
    certificate: Path
    key: Path


class Authority:
    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate = folder / "ca.pem"
        self.key = folder / "ca.key"
        command("openssl", "req", "-x509", *KEY, "-keyout", self.key, "-out", self.certificate,
                "-subj", "/CN=Stagepost tests", "-days", DAYS)

    def sign(self, *names: str, key: list[str] | None = None) -> Certificate:
        """A certificate for these host names, the first of which names its files."""
        base = self.folder / names[0]
        request, made = Path(f"{base}.csr"), Certificate(Path(f"{base}.pem"), Path(f"{base}.key"))
        command("openssl", "req", "-new", *(key or KEY), "-keyout", made.key, "-out", request,
                "-subj", f"/CN={names[0]}")
        extension = Path(f"{base}.ext")
        extension.write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in names))
        command("openssl", "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey",
                self.key, "-CAcreateserial", "-days", DAYS, "-extfile", extension,
                "-out", made.certificate)
        return made
