// See dovecot_text.h: Dovecot 2.3.
#include "admin/dovecot_text.h"

namespace admin {
namespace {

constexpr std::string_view dovecot_2_3 =
    R"conf(# Dovecot 2.3 beside Stagepost, made by `stagepost dovecot-config`: make it anew.
# Start it with: dovecot -c @OUTPUT@/dovecot.conf

base_dir = @RUN@
state_dir = @STATE@
@LOG@protocols = imap lmtp sieve
listen = @LISTEN@
hostname = @HOSTNAME@
login_greeting = @HOSTNAME@ is ready.

# Who Dovecot is: mail belongs to mail_uid, what faces the network owns nothing.
default_internal_user = @INTERNAL_USER@
default_internal_group = @INTERNAL_GROUP@
default_login_user = @LOGIN_USER@
mail_uid = @MAIL_USER@
mail_gid = @MAIL_GROUP@
# Any user but root may own the mail; which one is said above.
first_valid_uid = 1
first_valid_gid = 1

# Log-ins: from Stagepost's directory. The query gives an app password the mailbox that it opens.
auth_mechanisms = @MECHANISMS@
auth_username_format = %Lu
# App passwords have a / in their name; the SQL driver quotes what it is given.
auth_username_chars =
disable_plaintext_auth = yes
auth_failure_delay = 2 secs
auth_cache_size = 0
@AUTH_POLICY@passdb {
  driver = sql
  args = @OUTPUT@/dovecot-sql.conf.ext
}
@LDAP_PASSDB@userdb {
  driver = sql
  args = @OUTPUT@/dovecot-sql.conf.ext
}
@LDAP_USERDB@
# The certificate and key of Stagepost's [tls]; `doveadm reload` after a renewal.
ssl = required
ssl_cert = <@CERTIFICATE@
ssl_key = <@KEY@
ssl_min_protocol = TLSv1.2
ssl_prefer_server_ciphers = yes

# userdb says where each mailbox is.
mail_location = maildir:~/Maildir
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

mail_plugins = quota
protocol imap {
  mail_plugins = $mail_plugins imap_quota
  mail_max_userip_connections = 50
  imap_idle_notify_interval = 2 mins
}
protocol lmtp {
  mail_plugins = $mail_plugins sieve
  postmaster_address = postmaster@@HOSTNAME@
}
# Stagepost names mailboxes, so a + is a letter like others.
recipient_delimiter =
lmtp_rcpt_check_quota = yes
lmtp_save_to_detail_mailbox = no
lmtp_hdr_delivery_address = final
quota_full_tempfail = no
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:bytes=@QUOTA@
  quota_grace = 10%%
  quota_exceeded_message = The mailbox is full
  quota_status_success = DUNNO
  quota_status_nouser = DUNNO
  quota_status_overquota = 552 5.2.2 The mailbox is full
  quota_status_toolarge = 552 5.2.2 The mailbox has no room for a message of this size

  # People's own rules, by ManageSieve; before them: marked spam goes to Junk.
  sieve = file:~/sieve;active=~/.dovecot.sieve
  sieve_before = @MAIL@/.sieve/spam.sieve
  recipient_delimiter = +
  sieve_max_redirects = 4
  sieve_max_actions = 32
  sieve_quota_max_scripts = 50
  sieve_quota_max_storage = 1M
  sieve_redirect_envelope_from = recipient
}

# Limits: log-ins are many connections in few processes, mailboxes are a process each.
default_vsz_limit = 512M
default_client_limit = 4096
service imap-login {
@CHROOT@  service_count = 0
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
service pop3-login {
  inet_listener pop3 {
    port = 0
  }
  inet_listener pop3s {
    port = 0
  }
}
service anvil {
@CHROOT@  client_limit = 16384
}
service stats {
@CHROOT@  client_limit = 16384
}
service auth {
  client_limit = 16384
  unix_listener auth-userdb {
    mode = 0600
    user = @MAIL_USER@
  }
}
# Reads directory.db (@DATABASE_RIGHT@).
service auth-worker {
@AUTH_USER@}
# Stagepost delivers here: [delivery] lmtp.
service lmtp {
  user = @MAIL_USER@
  process_limit = 100
  unix_listener lmtp {
    mode = 0600
    user = @SOCKET_USER@
  }
}
# Stagepost asks here at RCPT whether a mailbox is full: [policy] quota_status.
service quota-status {
  executable = quota-status -p postfix
  user = @MAIL_USER@
  extra_groups = @INTERNAL_GROUP@
  client_limit = 1
  process_limit = 64
  unix_listener quota-status {
    mode = 0600
    user = @SOCKET_USER@
  }
}
)conf";

constexpr std::string_view dovecot_2_3_sql =
    R"conf(# Dovecot's way into Stagepost's directory, made by `stagepost dovecot-config`.
# dovecot_users holds the log-ins that may read mail; an app password leads to its mailbox.
driver = sqlite
connect = @DATABASE@
password_query = SELECT password, mailbox AS user FROM dovecot_users WHERE login = '%u'
user_query = @USER_QUERY@
iterate_query = SELECT address AS user FROM mailboxes
)conf";

}  // namespace

std::string_view dovecot_2_3_text() { return dovecot_2_3; }

std::string_view dovecot_2_3_sql_text() { return dovecot_2_3_sql; }

}  // namespace admin
