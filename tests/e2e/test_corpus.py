"""Real mails pass through two servers and come out as they went in, octet by octet."""

import smtplib
from pathlib import Path

import pytest
from mail import assert_delivered_exactly, crlf
from stagepost import Stagepost

DELIVERY_SECONDS_MAX = 120


def corpus_mails(folder: Path) -> dict[str, bytes]:
    """Name → content with CRLF and without the mbox line that most of them begin with."""
    mails = {}
    for path in sorted(folder.glob("*/*.txt")):
        text = path.read_bytes()
        if text.startswith(b"From "):
            text = text.split(b"\n", 1)[1]
        mails[f"{path.parent.name}-{path.name.split('.')[0]}"] = crlf(text)
    return mails


def send_all(server: Stagepost, recipient: str, mails: dict[str, bytes]) -> None:
    """One session; the sender's address names the mail."""
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"], "corpus.example.net",
                      timeout=60) as client:
        for name, text in mails.items():
            options = ["BODY=8BITMIME"] if any(octet > 127 for octet in text) else []
            assert client.sendmail(f"{name}@example.net", [recipient], text, options) == {}, name


def name_of(delivered: bytes) -> str:
    first = delivered.split(b"\n", 1)[0].decode()
    assert first.startswith("Return-Path: <"), first
    return first.split("<")[1].split("@")[0]


@pytest.mark.corpus("corpus-sa")
@pytest.mark.parametrize("hops", [1, 2], ids=["received", "relayed"])
def test_corpus_arrives_unchanged(new_server, corpora, hops):
    mails = corpus_mails(corpora / "corpus-sa")
    assert len(mails) == 750
    last = new_server("example.test").start()
    first = last
    if hops == 2:
        first = new_server("relay.test")
        first.set("policy", relay_networks=["127.0.0.0/8"])
        first.set("delivery", relay_host=f"127.0.0.1:{last.ports['smtp']}").start()
    send_all(first, last.user, mails)
    delivered = last.wait_for_mail(count=len(mails), seconds=DELIVERY_SECONDS_MAX)
    assert len(delivered) == len(mails)
    arrived = {name_of(mail): mail for mail in delivered}
    assert arrived.keys() == mails.keys()
    for name, sent in mails.items():
        assert_delivered_exactly(arrived[name], sent)
