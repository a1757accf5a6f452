"""People log in: every mechanism with real clients, tokens, what is refused and how."""

import base64
import hashlib
import hmac
import json
import os
import re
import smtplib
import ssl
import subprocess

import pytest
from mail import message
from peers import unpack
from peers.netns import wait_until
from peers.oidc import CLIENT, Provider
from stagepost import Stagepost, tls_context

pytestmark = pytest.mark.sanitized
CLIENT_SECONDS_MAX = 60
TLS_VERSIONS = {"TLSv1.3": "NORMAL", "TLSv1.2": "NORMAL:-VERS-TLS1.3"}


def submission(server: Stagepost, version: ssl.TLSVersion | None = None) -> smtplib.SMTP:
    """A client on port 587, inside TLS, that has said EHLO."""
    context = tls_context()
    if version:
        context.maximum_version = version
    client = smtplib.SMTP(server.address, server.ports["submission"], "client.example.net",
                          timeout=CLIENT_SECONDS_MAX)
    client.starttls(context=context)
    client.ehlo()
    return client


def b64(octets: bytes | str) -> str:
    return base64.b64encode(octets.encode() if isinstance(octets, str) else octets).decode()


def plain(user: str, password: str) -> str:
    return "AUTH PLAIN " + b64(f"\0{user}\0{password}")


def events(server: Stagepost, name: str, count: int = 1) -> list[str]:
    """The log's lines with this event, when there are so many; it is written a little later."""
    def found() -> list[str]:
        return [line for line in server.log_text(None).splitlines() if f" {name} " in line]

    wait_until(f"{count} lines with {name}", lambda: len(found()) >= count, CLIENT_SECONDS_MAX)
    return found()


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("initial", [True, False], ids=["initial", "asked"])
def test_smtplib_logs_in(server, mechanism, initial):
    with submission(server) as client:
        client.user, client.password = server.user, server.password
        method = getattr(client, f"auth_{mechanism.lower()}")
        assert client.auth(mechanism, method, initial_response_ok=initial)[0] == 235
        assert client.sendmail(server.user, server.user,
                               message(mechanism, sender=server.user)) == {}
    server.wait_for_mail()


def run_gsasl(server: Stagepost, mechanism: str, version: str, *options: str,
              password: str = "") -> tuple[int, str]:
    root = unpack.peers_root()
    env = {**os.environ, "LD_LIBRARY_PATH": unpack.library_path(root)}
    done = subprocess.run(
        [root / "usr/bin/gsasl", "--smtp", f"--mechanism={mechanism}", *options,
         f"--authentication-id={server.user}", f"--password={password or server.password}",
         f"--connect={server.address}:{server.ports['submission']}", "--x509-ca-file=",
         f"--priority={TLS_VERSIONS[version]}"],
        env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        check=False, timeout=CLIENT_SECONDS_MAX)
    return done.returncode, done.stdout.decode(errors="replace")


@pytest.mark.parametrize("version", TLS_VERSIONS)
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN"])
def test_gsasl_logs_in(server, mechanism, version):
    options = ["--no-cb"] if mechanism == "SCRAM-SHA-256" else []
    code, output = run_gsasl(server, mechanism, version, *options)
    assert code == 0 and "\n235 2.7.0" in output, output
    if mechanism.endswith("-PLUS"):
        binding = {"TLSv1.3": "p=tls-exporter,", "TLSv1.2": "p=tls-unique,"}[version]
        assert b64(binding)[:14] in output, output


@pytest.mark.parametrize("version", TLS_VERSIONS)
def test_gsasl_with_a_wrong_password(server, version):
    code, output = run_gsasl(server, "SCRAM-SHA-256-PLUS", version, password="wrong")
    assert code != 0 and "\n535 5.7.8" in output, output


def scram(client: smtplib.SMTP, user: str, password: str, header: str = "n,,", data: bytes = b"",
          mechanism: str = "SCRAM-SHA-256", last: str = "") -> tuple[int, bytes]:
    """SCRAM by hand, so that it can be done wrong; `last` answers the server's signature."""
    bare = f"n={user},r=fyko+d2lbbFgONRv9qkxdawL"
    code, text = client.docmd("AUTH", f"{mechanism} {b64(header + bare)}")
    if code != 334:
        return code, text
    first = base64.b64decode(text).decode()
    parts = dict(part.split("=", 1) for part in first.split(","))
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(parts["s"]),
                              int(parts["i"]))
    client_key = hmac.digest(key, b"Client Key", "sha256")
    without = f"c={b64(header.encode() + data)},r={parts['r']}"
    signed = f"{bare},{first},{without}".encode()
    signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
    proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
    code, text = client.docmd(b64(f"{without},p={b64(proof)}"))
    if code != 334:
        return code, text
    server_key = hmac.digest(key, b"Server Key", "sha256")
    assert base64.b64decode(text).decode() == f"v={b64(hmac.digest(server_key, signed, 'sha256'))}"
    return client.docmd(last)


def test_channel_binding_of_tls_1_2(server):
    """Our own client, by Python's tls-unique; also in a resumed session (RFC 5929 §3.1)."""
    context = tls_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    session = None
    for resumed in (False, True):
        client = smtplib.SMTP(server.address, server.ports["submission"],
                              timeout=CLIENT_SECONDS_MAX)
        client.ehlo()
        client.docmd("STARTTLS")
        client.sock = context.wrap_socket(client.sock, session=session)
        client.file = None
        assert client.sock.session_reused == resumed
        session = client.sock.session
        client.ehlo()
        unique = client.sock.get_channel_binding("tls-unique")
        header = "p=tls-unique,,"
        assert scram(client, server.user, server.password, header, b"x" + unique[1:],
                     "SCRAM-SHA-256-PLUS")[0] == 535
        assert scram(client, server.user, server.password, header, unique,
                     "SCRAM-SHA-256-PLUS")[0] == 235
        client.quit()


def test_scram_by_hand(server):
    with submission(server) as client:
        assert scram(client, server.user, server.password, last="*") == (501, b"5.7.0 The log-in "
                                                                         b"was cancelled")
        assert client.mail(server.user)[0] == 530
        assert scram(client, server.user, server.password)[0] == 235


def test_downgrade_is_noticed(server):
    """The client could bind but was shown no PLUS: somebody between has removed it."""
    with submission(server) as client:
        assert scram(client, server.user, server.password, "y,,")[0] == 535
        assert scram(client, server.user, server.password, "p=tls-unique,,")[0] == 535
    assert "somebody removed it" in events(server, "session.login_failed")[0]


def app_password(server: Stagepost, name: str, *options: str) -> str:
    output = server.cli("app-password", "add", server.user, name, *options)
    return re.search(r"\b\w{4}-\w{4}-\w{4}-\w{4}\b", output).group(0)


def test_refusals_look_alike(server):
    """Unknown, wrong or not for sending: the same words, by PLAIN and SCRAM; the log knows more."""
    reading = app_password(server, "reader", "--read")
    sending = app_password(server, "phone", "--send")
    cases = [(server.user, "wrong"), (f"{server.user}/reader", reading),
             (f"{server.user}/x", "wrong"), ("nobody@elsewhere.test", "wrong")]
    seen = set()
    for user, password in cases:
        with submission(server) as client:
            seen.add(client.docmd(plain(user, password)))
            seen.add(scram(client, user, password))
    assert seen == {(535, b"5.7.8 User name or password is wrong")}
    whys = [line.split("why=")[1] for line in events(server, "session.login_failed", 8)]
    assert any("not for sending" in why for why in whys)
    assert sum("no such log-in" in why for why in whys) == 4, whys
    for attempt in (plain, scram):
        with submission(server) as client:
            answer = (client.docmd(plain(f"{server.user}/phone", sending)) if attempt is plain
                      else scram(client, f"{server.user}/phone", sending))
            assert answer[0] == 235


def test_unknown_users_have_stable_salts(server):
    """Also after a restart: else a stranger learns by asking twice who is there."""
    def salt(user: str) -> str:
        with submission(server) as client:
            code, text = client.docmd("AUTH", "SCRAM-SHA-256 " + b64(f"n,,n={user},r=abcdefgh"))
            assert code == 334
            client.docmd("*")
            return base64.b64decode(text).decode().split(",s=")[1]

    names = [server.user, "nobody@example.test", "other@example.test"]
    before = [salt(name) for name in names]
    assert len(set(before)) == 3
    assert salt(names[1].upper()) == before[1]
    assert {len(one) for one in before} == {len(before[0])}
    assert server.stop() == 0
    server.start()
    assert [salt(name) for name in names] == before


def test_too_many_failures_end_the_session(new_server):
    server = new_server().set("limits", failed_logins_max=2).start()
    with submission(server) as client:
        assert client.docmd(plain(server.user, "wrong"))[0] == 535
        client.putcmd(plain(server.user, "wrong again"))
        assert client.getreply()[0] == 535
        assert client.getreply()[0] == 421
        client.sock = None


def test_the_dialogue_of_rfc_4954(server):
    client = smtplib.SMTP(server.address, server.ports["submission"], timeout=CLIENT_SECONDS_MAX)
    client.ehlo()
    assert not client.has_extn("auth")
    assert client.docmd(plain(server.user, server.password))[0] == 538
    client.starttls(context=tls_context())
    assert client.docmd("AUTH", "PLAIN =")[0] == 503  # EHLO first
    client.ehlo()
    assert client.esmtp_features["auth"].split() == [
        "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN"]
    cases = [("", 501), ("CRAM-MD5", 504), ("OAUTHBEARER", 504), ("PLAIN !", 501), ("PLAIN =", 501),
             ("PLAIN a b", 501), ("PLAIN " + b64("x"), 501),
             ("PLAIN " + "A" * 12_288, 500)]
    for argument, code in cases:
        assert client.docmd("AUTH", argument)[0] == code, argument[:40]
    assert client.docmd("AUTH", "PLAIN")[0] == 334
    assert client.docmd("*") == (501, b"5.7.0 The log-in was cancelled")
    assert client.docmd("AUTH", "PLAIN")[0] == 334
    assert client.docmd("A" * 12_400)[1].startswith(b"5.5.6")
    assert client.docmd("NOOP " + "x" * 3_000)[0] == 500  # only AUTH may be so long
    longest = b64(b"\0" + server.user.encode() + b"\0" + b"p" * 9_000)
    assert client.docmd("AUTH", "PLAIN")[0] == 334
    assert client.docmd(longest)[0] == 535
    assert client.docmd("AUTH", "PLAIN")[0] == 334
    assert client.docmd(b64(f"someone@example.test\0{server.user}\0{server.password}"))[1] == (
        b"5.7.8 You cannot act for somebody else")
    assert client.docmd("AUTH", "PLAIN " + b64(f"{server.user}\0{server.user}\0"
                                               f"{server.password}"))[0] == 235
    assert client.docmd(plain(server.user, server.password))[0] == 503
    client.quit()


def test_auth_within_a_transaction_and_on_port_25(server):
    with submission(server) as client:
        client.login(server.user, server.password)
        client.mail(server.user)
        assert client.docmd(plain(server.user, server.password))[0] == 503
    with smtplib.SMTP(server.address, server.ports["smtp"]) as client:
        client.starttls(context=tls_context())
        client.ehlo()
        assert not client.has_extn("auth")
        assert client.docmd(plain(server.user, server.password))[0] == 502


def test_only_the_mechanisms_of_the_settings(new_server):
    server = new_server().set("policy", auth_mechanisms=["PLAIN"]).start()
    with submission(server) as client:
        assert client.esmtp_features["auth"].split() == ["PLAIN"]
        assert scram(client, server.user, server.password)[0] == 504
        assert client.docmd(plain(server.user, server.password))[0] == 235


# Tokens.


@pytest.fixture(name="provider")
def make_provider(folder):
    made = Provider(folder)
    yield made
    made.close()


def bearer(client: smtplib.SMTP, token: str, user: str = "") -> tuple[int, bytes]:
    name = f"a={user}" if user else ""
    return client.docmd("AUTH", "OAUTHBEARER "
                        + b64(f"n,{name},\1host=mail\1port=587\1auth=Bearer {token}\1\1"))


def xoauth2(client: smtplib.SMTP, token: str, user: str) -> tuple[int, bytes]:
    return client.docmd("AUTH", "XOAUTH2 " + b64(f"user={user}\1auth=Bearer {token}\1\1"))


def refused_token(client: smtplib.SMTP, answer: tuple[int, bytes], dummy: str) -> dict:
    """The JSON that comes before 535."""
    assert answer[0] == 334, answer
    assert client.docmd(dummy)[0] == 535
    return json.loads(base64.b64decode(answer[1]))


def test_tokens_by_the_providers_keys(new_server, provider):
    server = new_server().append(
        f'[oauth]\nissuer = "{provider.url}"\njwks_url = "{provider.url}/jwks"\n'
        'audience = "mail"').set("server", loops=1).start()
    with submission(server) as client:
        assert {"OAUTHBEARER", "XOAUTH2"} <= set(client.esmtp_features["auth"].split())
        assert bearer(client, provider.token(), server.user)[0] == 235
        assert client.sendmail(server.user, server.user,
                               message("by token", sender=server.user)) == {}
    server.wait_for_mail()
    with submission(server) as client:
        assert xoauth2(client, provider.token(padding="x" * 5_000), server.user)[0] == 235
    with submission(server) as client:
        assert bearer(client, provider.token())[0] == 235
    assert provider.asked == ["/jwks"]  # once for all
    bad = [provider.token(aud="other"), provider.token(exp=1), provider.token(iss="x"),
           provider.token()[:-2], ""]
    for token in bad[:3]:
        with submission(server) as client:
            told = refused_token(client, bearer(client, token, server.user), b64(b"\1"))
            assert told["status"] == "invalid_token"
            assert told["openid-configuration"] == (
                f"{provider.url}/.well-known/openid-configuration")
    with submission(server) as client:
        for token in bad[3:]:
            refused_token(client, xoauth2(client, token, server.user), "")
        # Somebody else's token, and somebody who is not here.
        refused_token(client, bearer(client, provider.token(email="nobody@example.test")), "*")
        server.add_user("other@example.test")
        refused_token(client, bearer(client, provider.token(), "other@example.test"), b64(b"\1"))
    provider.rotate()  # an unknown key: the set is fetched anew, once a minute at most
    assert provider.asked == ["/jwks"]


def test_a_provider_that_is_away_is_no_refusal(new_server, provider):
    provider.down = True
    server = new_server().append(
        f'[oauth]\nissuer = "{provider.url}"\njwks_url = "{provider.url}/jwks"\n'
        'audience = "mail"').set("server", loops=1).start()
    with submission(server) as client:
        for _ in range(3):
            assert bearer(client, provider.token(), server.user)[0] == 454
        assert client.docmd(plain(server.user, server.password))[0] == 235
    assert provider.asked == ["/jwks"]  # not asked again at once
    assert "HTTP status 503" in events(server, "session.login_failed")[0]


def test_tokens_by_introspection(new_server, provider, folder):
    (folder / "secret").write_text(CLIENT[1] + "\n")
    server = new_server().append(
        f'[oauth]\nintrospection_url = "{provider.url}/introspect"\n'
        f'client_id = "{CLIENT[0]}"\nclient_secret_file = "{folder}/secret"\n'
        'user_claim = "username"').start()
    provider.active["opaque/+token="] = {"active": True, "username": server.user}
    with submission(server) as client:
        refused_token(client, bearer(client, "another", server.user), b64(b"\1"))
        assert bearer(client, "opaque/+token=", server.user)[0] == 235
    provider.down = True
    with submission(server) as client:
        assert bearer(client, "opaque/+token=", server.user)[0] == 454
