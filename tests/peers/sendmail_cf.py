"""tests/peers/sendmail_cf.py: the configuration of a sendmail, made by m4 as its own manual says.

What:    mailboxes are users of the host, whose mail a program keeps; relaying for nobody.
In/Out:  configuration(…) → the text of sendmail.cf. Its files lie below /var/sendmail: sendmail
         trusts none in a folder below one that everybody may write into, such as /tmp.
Errors:  RuntimeError with what m4 said.
Not here: starting it (tests/conformance/servers.py).
"""

import os
import subprocess

from peers import unpack

PACKAGES = "PACKAGES_SENDMAIL"
FOLDER = "/var/sendmail"
SECONDS_MAX = 60
# As in Debian's sendmail.mc.
PRIVACY = ("needmailhelo,needexpnhelo,needvrfyhelo,restrictqrun,restrictexpand,nobodyreturn,"
           "authwarnings")
MC = f"""\
divert(0)dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `{{hostname}}')dnl
define(`QUEUE_DIR', `/var/spool/mqueue')dnl
define(`STATUS_FILE', `{FOLDER}/statistics')dnl
define(`HELP_FILE', `{FOLDER}/helpfile')dnl
define(`confPID_FILE', `{FOLDER}/pid')dnl
define(`confDONT_PROBE_INTERFACES', `true')dnl
define(`confDEF_USER_ID', `4903:4903')dnl
define(`confTO_IDENT', `0')dnl
define(`confMAX_MESSAGE_SIZE', `{{size_max}}')dnl
define(`confPRIVACY_FLAGS', `{PRIVACY}')dnl
define(`confCACERT_PATH', `{FOLDER}')dnl
define(`confCACERT', `{FOLDER}/certificate.pem')dnl
define(`confSERVER_CERT', `{FOLDER}/certificate.pem')dnl
define(`confSERVER_KEY', `{FOLDER}/key.pem')dnl
undefine(`ALIAS_FILE')dnl
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Name=MTA, Family=inet, Addr={{address}}, Port=25')dnl
LOCAL_DOMAIN(`{{domain}}')dnl
define(`LOCAL_MAILER_FLAGS', `Pn9')dnl
define(`LOCAL_MAILER_PATH', `{FOLDER}/keep')dnl
define(`LOCAL_MAILER_ARGS', `keep $u')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""


def configuration(hostname: str, address: str, domain: str, size_max: int) -> str:
    root = unpack.peers_root(PACKAGES)
    env = {**os.environ, "LD_LIBRARY_PATH": unpack.library_path(root),
           "PATH": f"{root}/usr/bin:{os.environ['PATH']}"}
    source = root / "usr/share/sendmail/cf"
    done = subprocess.run(["m4", f"-D_CF_DIR_={source}/", source / "m4/cf.m4", "-"], env=env,
                          input=MC.format(hostname=hostname, address=address, domain=domain,
                                          size_max=size_max),
                          capture_output=True, text=True, check=False, timeout=SECONDS_MAX)
    if done.returncode != 0:
        raise RuntimeError(f"m4: {done.stderr[-1000:]}")
    return done.stdout
