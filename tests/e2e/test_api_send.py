"""Mail that programs send over the HTTP API meets the rules of mail that people send over SMTP."""

import base64
import concurrent.futures
import email
import email.policy
import json
import random
import re
import smtplib
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from api import ask, token, with_api
from peers.netns import wait_until
from sink import Sink
from stagepost import tls_context

pytestmark = [pytest.mark.sanitized]
SHOP = "shop@example.test"


@pytest.fixture(name="shop")
def make_shop(new_server):
    """A server with the account shop and a token that sends for it."""
    server = with_api(new_server())
    server.add_user(SHOP)
    server.start()
    server.token = token(server, "shop", "--scope", "send", "--account", SHOP)
    return server


def letter(server, subject: str = "hello", **fields: object) -> dict:
    return {"from": SHOP, "to": [server.user], "subject": subject, "text": "It works.\n"} | fields


def send(server, body: object, key: str = "", **headers: str):
    if key:
        headers["Idempotency_Key"] = key
    return ask(server.api, "/api/v1/send", server.token, body, **headers)


def subjects(server, local: str = "you") -> list[str]:
    return [str(email.message_from_bytes(mail, policy=email.policy.default)["Subject"])
            for mail in server.maildir(local)]


def test_json_becomes_a_message_that_readers_understand(shop):
    shop.cli("dkim", "generate", "example.test", "--type", "ed25519")
    shop.cli("dkim", "rotate", "example.test", "--force")
    answer = send(shop, letter(
        shop, "Ihre Bestellung – 17 €", **{
            "from": {"email": SHOP, "name": "Bücher, Müller & Co."},
            "to": [{"email": shop.user, "name": "Jürgen \"J\" Über"}],
            "bcc": [SHOP], "reply_to": "Help <help@example.test>",
            "text": "Grüße\n.\n" + "x" * 2000 + "\n", "html": "<p>Grüße <img src=cid:logo></p>",
            "headers": {"X-Order": "17", "List-Unsubscribe": "<https://example.test/u>"},
            "attachments": [
                {"name": "Rechnung Nr. 17 für Sie.pdf", "type": "application/pdf",
                 "content": base64.b64encode(bytes(range(256)) * 40).decode()},
                {"name": "logo.png", "type": "image/png", "content_id": "logo",
                 "content": base64.b64encode(b"png").decode()}]}))
    assert answer.status == 200, answer.text
    assert answer.json["accepted"] == [shop.user, SHOP] and answer.json["refused"] == []
    (raw,) = shop.wait_for_mail()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert not mail.defects and mail["Bcc"] is None and mail["X-Order"] == "17"
    assert mail["Subject"] == "Ihre Bestellung – 17 €"
    assert mail["From"].addresses[0].display_name == "Bücher, Müller & Co."
    assert mail["To"].addresses[0].display_name == "Jürgen \"J\" Über"
    assert mail["Received"].count("with HTTP") == 1 and "127.0.0.1" not in mail["Received"]
    assert max(len(line) for line in raw.splitlines()) <= 998
    assert mail.get_body(("plain",)).get_content() == "Grüße\n.\n" + "x" * 2000 + "\n"
    assert "Grüße" in mail.get_body(("html",)).get_content()
    (invoice,) = [part for part in mail.iter_attachments()
                  if part.get_content_type() == "application/pdf"]
    assert invoice.get_filename() == "Rechnung Nr. 17 für Sie.pdf"
    assert invoice.get_content() == bytes(range(256)) * 40
    assert mail["DKIM-Signature"] is not None and mail["Message-ID"] and mail["Date"]
    shop.wait_for_mail("shop")  # who was in Bcc


def test_raw_messages_are_completed_as_a_mail_clients_are(shop):
    text = f"From: {SHOP}\nTo: {shop.user}\nBcc: secret@example.test\nSubject: raw\n\nhi\n.\nbye\n"
    assert send(shop, {"from": SHOP, "to": [shop.user], "message": text}).status == 200
    answer = ask(shop.api, f"/api/v1/send?from={SHOP}&to={shop.user}", shop.token,
                 text.replace("raw", "octets").encode(), Content_Type="message/rfc822")
    assert answer.status == 200, answer.text
    for raw in shop.wait_for_mail(count=2):
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        assert mail["Bcc"] is None and mail["Date"] and mail["Message-ID"]
        assert mail.get_content().replace("\r\n", "\n") == "hi\n.\nbye\n"
    assert sorted(subjects(shop)) == ["octets", "raw"]


def test_the_account_is_bound_to_its_own_addresses(shop):
    for fields in ({"from": shop.user}, {"sender": shop.user},
                   {"from": SHOP, "sender": "else@example.net"},
                   {"from": [SHOP, shop.user]}):
        answer = send(shop, letter(shop, **fields))
        assert (answer.status, answer.json["code"]) == (422, 550), answer.text
        assert "accepted" in answer.json and answer.json["accepted"] == []
    forged = f"From: {shop.user}\nSubject: forged\n\nhi\n"
    answer = send(shop, {"from": SHOP, "to": [shop.user], "message": forged})
    assert (answer.status, answer.json["code"]) == (422, 550), answer.text
    assert send(shop, letter(shop, account=shop.user)).status == 403
    shop.cli("grant", "add", SHOP, shop.user)
    assert send(shop, letter(shop, **{"from": shop.user})).status == 200
    shop.cli("user", "remove", SHOP)
    answer = send(shop, letter(shop))
    assert (answer.status, answer.json["code"]) == (422, 535), answer.text


def test_each_recipient_has_his_reply(shop):
    shop.cli("alias", "add", "team@example.test", shop.user, SHOP)
    answer = send(shop, letter(shop, to=["team@example.test", "nobody@example.test"]))
    assert answer.status == 200 and answer.json["accepted"] == ["team@example.test"]
    (refused,) = answer.json["refused"]
    assert refused["address"] == "nobody@example.test"
    assert (refused["code"], refused["enhanced"]) == (550, "5.1.1") and refused["reason"]
    shop.wait_for_mail()
    shop.wait_for_mail("shop")
    answer = send(shop, letter(shop, to=["nobody@example.test"]))
    assert (answer.status, answer.json["code"]) == (422, 554)
    assert answer.json["refused"][0]["code"] == 550
    large = {"name": "film", "content": base64.b64encode(bytes(9_000_000)).decode()}
    assert send(shop, letter(shop, attachments=[large])).status == 200


def test_status_of_a_message_and_whose_business_it_is(new_server):
    with Sink(answers={"RCPT": ["@fixed 450 4.2.1 later"]}) as sink:
        shop = with_api(new_server())
        shop.set("delivery", relay_host=f"127.0.0.1:{sink.port}")
        shop.add_user(SHOP)
        shop.start()
        shop.token = token(shop, "shop", "--scope", "send", "--account", SHOP)
        other = token(shop, "other", "--scope", "send", "--account", shop.user)
        reader = token(shop, "reader")
        sent = send(shop, letter(shop, to=[shop.user, "an@example.net"])).json["id"]

        def status(secret: str = ""):
            return ask(shop.api, f"/api/v1/messages/{sent}", secret or shop.token)

        def states() -> dict:
            return {one["address"]: one["state"] for one in status().json["recipients"]}

        wait_until("both recipients have been tried", lambda: states() == {
            shop.user: "delivered", "an@example.net": "deferred"}, 30)
        (waiting,) = [one for one in status().json["recipients"] if one["state"] == "deferred"]
        assert "4.2.1" in waiting["reply"] and waiting["next_attempt"]
        assert status(reader).json["account"] == SHOP
        assert status(other).status == 404
        for path in ("/api/v1/queue", "/api/v1/events?what=" + sent, "/api/v1/users"):
            assert ask(shop.api, path, shop.token).status == 403
        shop.cli("queue", "bounce", sent)
        wait_until("its end", lambda: states().get("an@example.net") in ("failed", "removed"), 30)


def test_mail_waits_for_its_hour(shop):
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    answer = send(shop, letter(shop, send_at=later))
    assert answer.status == 200 and answer.json["send_at"], answer.text
    status = ask(shop.api, f"/api/v1/messages/{answer.json['id']}", shop.token).json
    assert status["state"] == "scheduled" and status["recipients"][0]["state"] == "scheduled"
    far = (datetime.now(UTC) + timedelta(days=400)).isoformat()
    assert send(shop, letter(shop, send_at=far)).status == 422


def test_what_a_mail_client_may_ask_for_a_program_may_too(new_server):
    """Priority, deadline and reports go on to the next server, by the same limits."""
    with Sink(offers=["DSN", "DELIVERBY", "MT-PRIORITY"]) as sink:
        server = with_api(new_server())
        server.set("delivery", relay_host=f"127.0.0.1:{sink.port}")
        server.set("limits", priority_max=5)
        server.add_user(SHOP)
        server.start()
        server.token = token(server, "shop", "--scope", "send", "--account", SHOP)
        wishes = {"priority": 9, "deliver_within": 3600, "at_deadline": "return", "trace": True,
                  "notify": ["success", "delay"], "ret": "headers", "envid": "order-17"}
        answer = send(server, letter(server, to=["an@far.test"], **wishes))
        assert (answer.status, answer.json["priority"]) == (200, 5), answer.text
        wait_until("the mail", lambda: sink.mails)
        mail, rcpt = sink.mails[0].said
        for word in ("MT-PRIORITY=5", "RET=HDRS", "ENVID=order-17"):
            assert word in mail.split()
        assert re.search(r" BY=3(600|59\d);RT( |$)", mail), mail
        assert "NOTIFY=SUCCESS,DELAY" in rcpt.split()
        # As a query of a raw message; and what is too short is refused as over SMTP.
        query = f"from={SHOP}&to=an@far.test&priority=-3&deliver_within=60&notify=never"
        answer = ask(server.api, f"/api/v1/send?{query}", server.token, b"Subject: raw\n\nx\n",
                     Content_Type="message/rfc822")
        assert answer.status == 200 and "priority" not in answer.json, answer.text
        wait_until("the next", lambda: len(sink.mails) == 2)
        assert "MT-PRIORITY=-3" in sink.mails[1].said[0]
        short = send(server, letter(server, deliver_within=5, at_deadline="return"))
        assert (short.status, short.json["enhanced"]) == (422, "5.5.4"), short.text
        assert send(server, letter(server, priority=10)).status == 400


def test_what_an_account_may_send_counts_over_both_ways(shop):
    shop.cli("limits", "set", SHOP, "--messages", "4")
    with smtplib.SMTP("127.0.0.1", shop.ports["submission"], timeout=30) as client:
        client.starttls(context=tls_context())
        client.login(SHOP, "a long enough 1")
        for number in range(2):
            client.sendmail(SHOP, [shop.user], f"From: {SHOP}\r\nSubject: s{number}\r\n\r\nhi\r\n")
    held = [send(shop, letter(shop, f"h{number}")).json.get("held") for number in range(3)]
    assert held[:2] == [None, None] and held[2], held
    shop.wait_for_mail(count=4)

    def listed() -> list[dict]:
        return json.loads(shop.cli("queue", "list", "--json"))["messages"]

    wait_until("the others have ended", lambda: len(listed()) == 1)
    assert listed()[0]["hold"]


def test_one_key_is_one_mail(shop):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: send(shop, letter(shop, "once"), "key-1"), range(20)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 19
    assert send(shop, letter(shop, "another"), "key-1").status == 422
    assert send(shop, letter(shop, "another"), "key-2").status == 200
    shop.token, first = token(shop, "twin", "--scope", "send", "--account", SHOP), shop.token
    assert send(shop, letter(shop, "mine"), "key-1").status == 200, "keys are a token's own"
    shop.token = first
    shop.stop()
    shop.start()
    assert send(shop, letter(shop, "once"), "key-1").text == answers[0].text
    shop.wait_for_mail(count=3)
    assert sorted(subjects(shop)) == ["another", "mine", "once"]
    for bad in ("x" * 256, "with space", ""):
        answer = ask(shop.api, "/api/v1/send", shop.token, letter(shop), Idempotency_Key=bad)
        assert answer.status == 400, bad
    # What was refused has sent nothing, and may be mended under its key.
    assert send(shop, letter(shop, to=["nobody@example.test"]), "key-3").status == 422
    assert send(shop, letter(shop, "mended"), "key-3").status == 200


def test_one_key_is_one_mail_whatever_a_kill_interrupts(shop):
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    keys = [f"key-{number}" for number in range(150)]
    answered: dict[str, str] = {}
    for _ in range(6):
        todo = [key for key in keys if key not in answered]
        killer = threading.Timer(chance.uniform(0.02, 0.6), shop.kill)
        killer.start()

        def one(key: str) -> None:
            try:
                answer = send(shop, letter(shop, key), key)
            except (OSError, ValueError):
                return
            assert answer.status in (200, 503), answer.text
            if answer.status == 200:
                answered[key] = answer.json["id"]

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(one, todo))
        killer.join()
        shop.start()
        for key in chance.sample(sorted(answered), min(10, len(answered))):
            again = send(shop, letter(shop, key), key)
            assert again.json["id"] == answered[key], f"seed {seed}: {key}"
    for key in keys:
        answer = send(shop, letter(shop, key), key)
        assert answer.status == 200, f"seed {seed}: {answer.text}"
        assert answered.setdefault(key, answer.json["id"]) == answer.json["id"], f"seed {seed}"
    shop.wait_for_mail(count=len(keys), seconds=60)
    time.sleep(1)
    assert sorted(subjects(shop)) == sorted(keys), f"seed {seed}: lost or sent twice"


def test_administrators_send_as_before(shop):
    admin = token(shop, "root", "--scope", "admin")
    raw = {"from": "cron@example.test", "to": [shop.user], "message": "Subject: cron\n\nhi\n"}
    assert ask(shop.api, "/api/v1/send", admin, raw).status == 200
    answer = ask(shop.api, "/api/v1/send", admin, letter(shop, "as shop", account=SHOP))
    assert answer.status == 200, answer.text
    answer = ask(shop.api, "/api/v1/send", admin, letter(shop, account=SHOP, **{"from": shop.user}))
    assert answer.status == 422, "as an account its rules hold"
    shop.cli("send", "--from", "cron@example.test", shop.user, text="Subject: by hand\n\nhi\n")
    shop.wait_for_mail(count=3)
    assert sorted(subjects(shop)) == ["as shop", "by hand", "cron"]
    assert ask(shop.api, f"/api/v1/messages/{answer.json.get('id', 'x')}", admin).status == 400


def test_a_token_that_sends_is_of_somebody(shop):
    for arguments in (("--scope", "send"), ("--account", SHOP),
                      ("--scope", "send", "--account", "nobody@example.test")):
        shop.cli("token", "add", "odd", *arguments, code=1)
    assert f"for {SHOP}" in shop.cli("token", "list")
