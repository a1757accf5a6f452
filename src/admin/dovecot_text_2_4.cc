// See dovecot_text.h: Dovecot 2.4.
#include "admin/dovecot_text.h"

namespace admin {
namespace {

constexpr std::string_view dovecot_2_4 = R"conf(dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
# Dovecot 2.4 beside Stagepost, made by `stagepost dovecot-config`; make it anew to change it.
# Start it with: dovecot -c @OUTPUT@/dovecot.conf; look at it first with: doveconf -n -c …
# This text follows the documentation of 2.4; Stagepost's own tests run with 2.3.

base_dir = @RUN@
state_dir = @STATE@
@LOG@protocols {
  imap = yes
  lmtp = yes
  sieve = yes
}
listen = @LISTEN@
hostname = @HOSTNAME@
login_greeting = @HOSTNAME@ is ready.

# Who Dovecot is: mail belongs to mail_uid, what faces the network owns nothing.
default_internal_user = @INTERNAL_USER@
default_internal_group = @INTERNAL_GROUP@
default_login_user = @LOGIN_USER@
mail_uid = @MAIL_USER@
mail_gid = @MAIL_GROUP@
first_valid_uid = 1
first_valid_gid = 1

# Log-ins: from Stagepost's directory. The query gives an app password the mailbox that it opens.
auth_mechanisms = @MECHANISMS@
auth_username_format = %{user | lower}
# App passwords have a / in their name; the SQL driver quotes what it is given.
auth_username_chars =
auth_allow_cleartext = no
auth_failure_delay = 2 secs
auth_cache_size = 0
@AUTH_POLICY@sql_driver = sqlite
sqlite_path = @DATABASE@
passdb sql {
  query = SELECT password, mailbox AS user FROM dovecot_users WHERE login = '%{user}'
}
@LDAP_PASSDB@userdb sql {
  query = @USER_QUERY@
  iterate_query = SELECT address AS user FROM mailboxes
}
@LDAP_USERDB@
# The certificate and key of Stagepost's [tls]; `doveadm reload` after a renewal.
ssl = required
ssl_server_cert_file = @CERTIFICATE@
ssl_server_key_file = @KEY@
ssl_min_protocol = TLSv1.2
ssl_server_prefer_ciphers = server

# userdb says where each mailbox is.
mail_driver = maildir
mail_path = ~/Maildir
maildir_stat_dirs = yes
mailbox_list_index = yes
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    auto = subscribe
    special_use = \Drafts
  }
  mailbox Sent {
    auto = subscribe
    special_use = \Sent
  }
  mailbox Junk {
    auto = subscribe
    special_use = \Junk
  }
  mailbox Trash {
    auto = subscribe
    special_use = \Trash
  }
}

mail_plugins {
  quota = yes
}
protocol imap {
  mail_plugins {
    imap_quota = yes
  }
  mail_max_userip_connections = 50
  imap_idle_notify_interval = 2 mins
}
protocol lmtp {
  mail_plugins {
    sieve = yes
  }
  postmaster_address = postmaster@@HOSTNAME@
}
# Stagepost names mailboxes, so a + is a letter like others.
recipient_delimiter =
lmtp_rcpt_check_quota = yes
lmtp_save_to_detail_mailbox = no
lmtp_hdr_delivery_address = final
quota_full_tempfail = no

quota "User quota" {
  driver = count
}
# Outside of the quota, so that userdb can say another.
quota_storage_size = @QUOTA_2_4@
quota_storage_grace = 10M
quota_exceeded_message = The mailbox is full
quota_status_success = DUNNO
quota_status_nouser = DUNNO
quota_status_overquota = 552 5.2.2 The mailbox is full
quota_status_toolarge = 552 5.2.2 The mailbox has no room for a message of this size

# People's own rules, by ManageSieve; before them: marked spam goes to Junk.
sieve_script personal {
  driver = file
  path = ~/sieve
  active_path = ~/.dovecot.sieve
}
sieve_script spam {
  type = before
  driver = file
  path = @MAIL@/.sieve/spam.sieve
}
sieve_max_redirects = 4
sieve_max_actions = 32
sieve_quota_script_count = 50
sieve_quota_storage_size = 1M
sieve_redirect_envelope_from = recipient

# Limits: log-ins are many connections in few processes, mailboxes are a process each.
default_vsz_limit = 512M
default_client_limit = 4096
service imap-login {
@CHROOT@  restart_request_count = unlimited
  process_limit = 16
  inet_listener imap {
    port = @IMAP_PORT@
  }
  inet_listener imaps {
    port = @IMAPS_PORT@
    ssl = yes
  }
}
service imap {
  process_limit = 4096
}
service managesieve-login {
@CHROOT@  inet_listener sieve {
    port = @SIEVE_PORT@
  }
}
service managesieve {
  process_limit = 256
}
service anvil {
@CHROOT@  client_limit = 16384
}
service stats {
@CHROOT@  client_limit = 16384
}
service auth {
  client_limit = 16384
}
# Reads directory.db (@DATABASE_RIGHT@).
service auth-worker {
@AUTH_USER@}
# Stagepost delivers here: [delivery] lmtp.
service lmtp {
  process_limit = 100
  unix_listener lmtp {
    mode = 0600
    user = @SOCKET_USER@
  }
}
# Stagepost asks here at RCPT whether a mailbox is full: [policy] quota_status.
service quota-status {
  executable = quota-status -p postfix
  client_limit = 1
  process_limit = 64
  unix_listener quota-status {
    mode = 0600
    user = @SOCKET_USER@
  }
}
)conf";

constexpr std::string_view dovecot_spam_sieve =
    R"sieve(# Marked spam goes to Junk, before people's own rules.
# It lies where the mail's user may write: Dovecot keeps it compiled beside it.
require ["fileinto", "mailbox"];

if anyof (header :is "X-Spam" "Yes",
          header :contains "X-Spam-Flag" "YES",
          header :contains "X-Spam-Status" "Yes,") {
  fileinto :create "Junk";
  stop;
}
)sieve";

}  // namespace

std::string_view dovecot_2_4_text() { return dovecot_2_4; }

std::string_view dovecot_spam_sieve_text() { return dovecot_spam_sieve; }

}  // namespace admin
