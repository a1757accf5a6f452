"""DMARC against authheaders: generated records and identifiers; a fixed seed and a fresh one.

DMARC_SEED repeats one run. The mails are signed (ed25519, dkimpy), so that the whole way from the
From field to the disposition is asked.
"""

import base64
import collections
import os
import random

import ours
import pytest
from dkim_peers import KeySet, use_python_peers
from dmarc_cases import Case, authheaders_result, make_case, use_public_suffixes

LONG = bool(os.environ.get("STAGEPOST_LONG"))
CASES = 5_000 if LONG else 400
FIXED_SEED = 9989


def mail_of(case: Case, keys: KeySet) -> str:
    import dkim
    mail = f"From: Ann <ann@{case.author}>\r\nSubject: x\r\n\r\nbody\r\n".encode()
    if case.dkim_domain:
        mail = dkim.sign(mail, b"e", case.dkim_domain.encode(), base64.b64encode(keys.seed),
                         signature_algorithm=b"ed25519-sha256", linesep=b"\r\n") + mail
    return mail.decode()


def question(case: Case, keys: KeySet) -> dict:
    zone = case.zone_text()
    if case.dkim_domain:
        key = next(text for name, text in keys.records.items() if name.startswith("e."))
        zone += f'e._domainkey.{case.dkim_domain}. 60 IN TXT "{key}"\n'
    return {"message": mail_of(case, keys), "ip": "192.0.2.1", "helo": "mx.nowhere.example",
            "from": f"ann@{case.spf_domain or 'nowhere.example'}", "to": "you@example.org",
            "zone": zone}


def compare(seed: int, folder) -> None:
    use_python_peers()
    use_public_suffixes()
    (folder / f"keys-{seed}").mkdir()
    keys, chance = KeySet(folder / f"keys-{seed}"), random.Random(seed)
    cases = [make_case(chance) for _ in range(CASES)]
    answers = ours.check_batch([question(case, keys) for case in cases], folder)
    kinds, differences = collections.Counter(), []
    for number, (case, answer) in enumerate(zip(cases, answers, strict=True)):
        found = (answer["dmarc"]["result"], answer["dmarc"]["disposition"])
        wanted = authheaders_result(case)
        kinds[wanted] += 1
        if found[0] != wanted[0] or (found[0] == "fail" and found[1] != wanted[1]):
            differences.append(f"seed {seed} case {number}: we {found}, authheaders {wanted}\n"
                               f"{case}\n{answer['dmarc']}")
    print(f"seed {seed}: {CASES} records, {dict(kinds)}, {len(differences)} differences")
    assert not differences, f"{len(differences)} differences:\n" + "\n".join(differences[:5])


def test_fixed_seed(work):
    compare(FIXED_SEED, work)


@pytest.mark.long  # a difference found there must not stop others' work
def test_fresh_seed(work):
    compare(int(os.environ.get("DMARC_SEED") or random.SystemRandom().randrange(1 << 32)), work)
