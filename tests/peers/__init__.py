"""tests/peers: real servers to test against, unpacked and run in a network namespace of their own.

unpack.py   Debian packages into build/peers, without installing them
netns.py    a network namespace with addresses, resolv.conf, passwd; processes inside it
dns.py      Knot DNS with a given zone, signed or not
postfix.py  Postfix with a Maildir per recipient
private.py  a server in a mount namespace where its package looks installed: sendmail.py, courier.py
haraka.py   Haraka with a plugin that keeps mail
dovecot.py  Dovecot beside Stagepost; dovecot_lmtp.py: its LMTP server alone, and as a proxy
pki.py      a certificate authority for the tests

Everything needs root (./test uses sudo), is bounded in time and ends only processes it started.
"""
