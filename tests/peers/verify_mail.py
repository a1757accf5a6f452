"""tests/peers/verify_mail.py: is this mail who it says it is? Asked of pyspf, dkimpy, authheaders.

What:    a program that a peer's host runs in its namespace, with the name servers of its
         resolv.conf: FILE IP HELO SENDER → JSON {"spf": "pass", "dmarc": "pass",
         "dkim": {"rsa-sha256": "pass", …}} on standard output.
In/Out:  the mail as it arrived; verified() unpacks the packages (PACKAGES_INTEROP).
Errors:  a traceback and exit code 1.
Limits:  SECONDS_MAX. The public suffix list is not asked: the author's domain is the organization.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

SECONDS_MAX = 60


def verified(net, mail: Path, ip: str, helo: str, sender: str) -> dict:
    """What a stranger's host in this namespace makes of the mail."""
    from peers.unpack import library_path, peers_root
    root = peers_root("PACKAGES_INTEROP")
    env = {**os.environ, "LD_LIBRARY_PATH": library_path(root),
           "PYTHONPATH": f"{root}/usr/lib/python3/dist-packages", "PYTHONDONTWRITEBYTECODE": "1"}
    # -P: beside this file lies one that is called as a package of theirs is.
    done = subprocess.run([*net.prefix(), "/usr/bin/python3", "-P", __file__, mail, ip, helo,
                           sender], env=env, capture_output=True, text=True, check=False,
                          timeout=SECONDS_MAX)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def dkim_results(mail: bytes) -> dict[str, tuple[str, str]]:
    """algorithm → result and signing domain."""
    import dkim
    verifier = dkim.DKIM(mail)
    results = {}
    for number, field in enumerate(name for name, _ in verifier.headers
                                   if name.lower() == b"dkim-signature"):
        passed = verifier.verify(number)
        fields = verifier.signature_fields
        results[fields[b"a"].decode()] = ("pass" if passed else f"fail {field!r}",
                                          fields[b"d"].decode())
    return results


def judge(mail: bytes, ip: str, helo: str, sender: str) -> dict:
    from email import message_from_bytes
    from email.utils import parseaddr
    from types import SimpleNamespace

    import authheaders
    import authheaders.dmarc_lookup
    import spf
    for module in (authheaders, authheaders.dmarc_lookup):
        module.get_org_domain = lambda domain: domain
    spf_result, why = spf.check2(i=ip, s=sender, h=helo)
    signatures = dkim_results(mail)
    author = parseaddr(message_from_bytes(mail)["From"])[1].partition("@")[2]
    aligned = next((d for result, d in signatures.values() if result == "pass" and d == author), "")
    dmarc, *_ = authheaders.dmarc_per_from(
        author, SimpleNamespace(result=spf_result, smtp_mailfrom=sender),
        SimpleNamespace(result="pass" if aligned else "fail", header_d=aligned or "none.invalid"))
    return {"spf": spf_result, "why": why, "dmarc": dmarc,
            "dkim": {algorithm: result for algorithm, (result, _) in signatures.items()}}


if __name__ == "__main__":
    content = Path(sys.argv[1]).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    print(json.dumps(judge(content, *sys.argv[2:5])))
