"""tests/bench/peers_postfix.py: Postfix of Debian, as it comes and tuned by a competent hand.

Neither has a log: like a host without syslogd, so that logging costs it nothing. Peer names are not
looked up. Tuned: wider limits (it is not fast at 250 smtpd on two cores: switches of context), no
pause of the input for the output's sake, more at once to one destination.
"""

from peer import LOCAL_DOMAIN, SINK, Peer, Setup
from peers.postfix import Postfix
from report import postfix_version

# What tests/peers/postfix.py changes for the sake of tests, back as Postfix comes.
DEFAULT = {
    "maillog_file": "", "smtp_tls_security_level": "", "queue_run_delay": "300s",
    "minimal_backoff_time": "300s", "maximal_backoff_time": "4000s", "in_flow_delay": "1s",
}
TUNED = {
    **DEFAULT, "in_flow_delay": "0", "default_process_limit": "110", "max_use": "1000",
    "default_destination_concurrency_limit": "20", "initial_destination_concurrency": "20",
}
PROCESSES = 100  # default_process_limit as it comes


class PostfixDefault(Peer):
    key, title, number = "postfix", "Postfix default", 3
    options = DEFAULT
    server: Postfix | None = None

    def launch(self) -> None:
        setup = self.setup
        domains = [LOCAL_DOMAIN] if setup.mailboxes else []
        if self.server is None:
            self.server = Postfix(self.net, self.address, self.folder / "postfix",
                                  "mx.postfix.test", domains)
        mailboxes = [f"user{number}@{LOCAL_DOMAIN}" for number in range(setup.mailboxes)]
        self.server.start(mailboxes, setup.certificate, self.settings(setup))

    def settings(self, setup: Setup) -> dict[str, str]:
        options = dict(self.options)
        if not setup.by_dns:
            options["relayhost"] = f"[{SINK}]"
        if setup.routes:
            table = self.write("transport", "".join(f"{domain} smtp:[{host}]\n"
                                                    for domain, host in setup.routes))
            options["transport_maps"] = f"texthash:{table}"
        if setup.sessions_max > PROCESSES * 2:
            options["default_process_limit"] = str(setup.sessions_max + 100)
        return options

    def shutdown(self) -> None:
        if self.server:
            self.server.stop()

    def stop(self, keep: bool = False) -> None:
        super().stop(keep)
        if not keep:
            self.server = None

    def maildir(self, number: int):
        return self.server.mail / self.server.path(f"user{number}@{LOCAL_DOMAIN}")

    @classmethod
    def version(cls) -> str:
        return f"Postfix {postfix_version()}"


class PostfixTuned(PostfixDefault):
    key, title, number = "postfix-tuned", "Postfix tuned", 5
    options = TUNED
