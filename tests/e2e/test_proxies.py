"""Behind real proxies: HAProxy and nginx by the PROXY protocol, nginx's mail proxy and swaks by
XCLIENT. The client's address counts, never the proxy's, which is one that may relay here."""

import json
import smtplib

import pytest
from mail import message
from peers.netns import Netns, wait_until
from peers.proxies import Proxy
from stagepost import Stagepost
from talk import Talk, plain

OURS, PROXY, CLIENT = "10.0.0.2", "10.0.0.5", "10.0.0.7"
STRANGER = "203.0.113.8"  # private addresses are never banned

HAPROXY = """\
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen smtp
  bind 10.0.0.5:25
  server stagepost 10.0.0.2:25 SEND check check-send-proxy inter 500 source 10.0.0.5
listen submission
  bind 10.0.0.5:587
  server stagepost 10.0.0.2:587 SEND source 10.0.0.5
listen submissions
  bind 10.0.0.5:465
  server stagepost 10.0.0.2:465 SEND source 10.0.0.5
"""
NGINX_STREAM = """\
load_module {modules}/ngx_stream_module.so;
daemon off; user nobody nogroup; pid {folder}/nginx.pid; error_log {folder}/error.log info;
events {}
stream {
  proxy_bind 10.0.0.5; proxy_protocol on;
  server { listen 10.0.0.5:25; proxy_pass 10.0.0.2:25; }
}
"""
# Behind this one people log in at nginx, which asks who they are and where to bring them.
NGINX_MAIL = """\
load_module {modules}/ngx_mail_module.so;
daemon off; user nobody nogroup; pid {folder}/nginx.pid; error_log {folder}/error.log info;
events {}
http {
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi; access_log off;
  server {
    listen 10.0.0.5:9000;
    location / {
      add_header Auth-Status OK; add_header Auth-Server 10.0.0.2;
      add_header Auth-Port $http_x_auth_port; return 204;
    }
  }
}
mail {
  server_name proxy.example.test; auth_http 10.0.0.5:9000/; xclient on; resolver off;
  server {
    listen 10.0.0.5:25; protocol smtp; smtp_auth none;
    auth_http_header X-Auth-Port 25;
  }
  server {
    listen 10.0.0.5:587; protocol smtp; smtp_auth plain;
    auth_http_header X-Auth-Port 587;
  }
}
"""


class World:
    def __init__(self, net: Netns, folder, new_server):
        self.net = net
        self.folder = folder
        self.server: Stagepost = new_server("example.test", net=net, address=OURS)
        self.server.set("", hostname="mx.example.test")
        # What nobody gets who only comes through it.
        self.server.set("policy", relay_networks=[f"{PROXY}/32"])

    def list_proxies(self, lines: str) -> "World":
        """In every listener."""
        text = self.server.config.read_text().replace("[[listener]]\n", f"[[listener]]\n{lines}")
        self.server.config.write_text(text)
        self.server.start()
        return self

    def inside(self, action):
        return self.net.inside(action)

    def events(self, name: str) -> list[dict]:
        lines = self.server.log_text(None).splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [event for event in found if event.get("event") == name]


@pytest.fixture(name="world")
def make_world(folder, new_server):
    with Netns(OURS, PROXY, CLIENT, STRANGER) as net:
        world = World(net, folder, new_server)
        world.server.set("log", format="json")
        yield world
        world.server.finish()


def send_and_try_to_relay(port: int = 25, source: str = CLIENT) -> None:
    """Mail for us is taken; mail for others is not, although the proxy might send it."""
    with smtplib.SMTP(PROXY, port, "client.test", timeout=30, source_address=(source, 0)) as client:
        client.sendmail("someone@elsewhere.test", ["you@example.test"], message("proxied"))
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("someone@elsewhere.test", ["you@third.test"], message("relayed"))


def assert_received_from(mail: bytes, address: str) -> None:
    header = mail.split(b"\r\n\r\n")[0].split(b"\n\n")[0]
    assert f"([{address}])".encode() in header, header
    assert PROXY.encode() not in header


@pytest.mark.parametrize("how", ["send-proxy", "send-proxy-v2"])
def test_haproxy_says_whose_mail_it_is(world, how):
    world.list_proxies(f'proxy_protocol = ["{PROXY}"]\n')
    Proxy(world.net, world.folder / "haproxy").haproxy(HAPROXY.replace("SEND", how), (PROXY, 25))
    world.inside(send_and_try_to_relay)
    assert_received_from(world.server.wait_for_mail()[0], CLIENT)
    user, password = world.server.user, world.server.password

    def log_in() -> None:
        # TLS passes through: what was sent with the header's octets is its first flight.
        for port, security in ((587, "starttls"), (465, "tls")):
            with Talk(PROXY, port, security, source=CLIENT) as talk:
                assert talk.say(f"AUTH PLAIN {plain(user, password)}")[0] == 235
                assert talk.mail(user, [user], message("submitted", sender=user))[0] == 250

    world.inside(log_in)
    world.server.wait_for_mail(count=3)
    peers = [event["peer"] for event in world.events("session.connect")
             if event.get("proxy", "").startswith(f"{PROXY}:")]
    assert [peer for peer in peers if peer.startswith(f"{CLIENT}:")], peers
    # HAProxy's own look whether we are there was no trouble.
    assert not world.events("session.proxy_refused")


def test_nginx_says_whose_mail_it_is(world):
    world.list_proxies(f'proxy_protocol = ["{PROXY}"]\n')
    Proxy(world.net, world.folder / "nginx").nginx(NGINX_STREAM, (PROXY, 25))
    world.inside(send_and_try_to_relay)
    assert_received_from(world.server.wait_for_mail()[0], CLIENT)


def test_failed_log_ins_ban_the_client_and_not_the_proxy(world):
    world.list_proxies(f'proxy_protocol = ["{PROXY}"]\n')
    Proxy(world.net, world.folder / "haproxy").haproxy(HAPROXY.replace("SEND", "send-proxy-v2"),
                                                       (PROXY, 25))

    def guess() -> bool:
        with Talk(PROXY, 587, "starttls", source=STRANGER) as talk:
            for number in range(5):
                if talk.login(world.server.user, f"wrong {number}")[0] != 535:
                    break
        with Talk(PROXY, 587, source=STRANGER, hello=False) as talk:
            return talk.greeting[0] == 554

    wait_until("a ban", lambda: world.inside(guess))

    def log_in() -> None:
        with Talk(PROXY, 587, "starttls", source=CLIENT) as talk:
            assert talk.login(world.server.user, world.server.password)[0] == 235

    world.inside(log_in)


def test_who_is_no_proxy_cannot_say_for_whom_it_speaks(world):
    world.list_proxies(f'proxy_protocol = ["{PROXY}"]\n')

    def lie() -> None:
        with Talk(OURS, 25, source=STRANGER, hello=False) as talk:
            assert talk.greeting[0] == 220
            code, text = talk.say(f"PROXY TCP4 {PROXY} {OURS} 4711 25")
            assert code == 554 and "knows only" in text
            assert talk.say("NOOP")[0] == 0
        # And the proxy has to.
        with Talk(OURS, 25, source=PROXY, hello=False) as talk:
            assert talk.greeting == (421, "4.7.0 mx.example.test expects a PROXY header from this "
                                          "address before anything else")

    world.inside(lie)
    wait_until("both events", lambda: len(world.events("session.proxy_refused")) == 2)


def test_nginx_speaks_smtp_and_says_by_xclient_for_whom(world):
    # It connects to an address of its own host, and so from that address.
    world.list_proxies(f'xclient = ["{PROXY}", "{OURS}"]\n')
    Proxy(world.net, world.folder / "nginx").nginx(NGINX_MAIL, (PROXY, 25))
    world.inside(send_and_try_to_relay)
    mail = world.server.wait_for_mail()[0]
    assert_received_from(mail, CLIENT)
    assert b"from client.test" in mail

    def submit() -> None:
        with Talk(PROXY, 587, source=CLIENT) as talk:
            # nginx has asked its own service; we are told the name alone.
            assert talk.say(f"AUTH PLAIN {plain(world.server.user, 'anything')}")[0] == 235
            assert talk.mail("boss@example.test", ["you@third.test"], b"x\r\n")[0] == 550
            own = message("own", sender=world.server.user)
            assert talk.mail(world.server.user, [world.server.user], own)[0] == 250
        with Talk(PROXY, 587, source=CLIENT) as talk:
            assert talk.say(f"AUTH PLAIN {plain('nobody@example.test', 'anything')}")[0] >= 400

    world.inside(submit)
    world.server.wait_for_mail(count=2)

    def logins() -> list[str]:
        return [event["login"] for event in world.events("session.xclient") if "login" in event]

    wait_until("the log-in in the log", logins)
    assert logins() == [world.server.user]


def test_swaks_says_xclient(world):
    world.list_proxies(f'xclient = ["{PROXY}"]\n')

    def swaks(source: str) -> str:
        return world.net.run("swaks", "--server", OURS, "--local-interface", source,
                             "--from", "a@elsewhere.test", "--to", "you@example.test",
                             "--xclient-addr", "IPV6:2001:db8::7", "--xclient-helo", "far.test",
                             "--xclient-name", "[UNAVAILABLE]", "--helo", "far.test")

    assert "220 mx.example.test ESMTP" in swaks(PROXY)
    assert b"from far.test\n\t([IPv6:2001:db8::7])" in world.server.wait_for_mail()[0]
    with pytest.raises(RuntimeError, match="XCLIENT"):  # it is not offered
        swaks(STRANGER)
