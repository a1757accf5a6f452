// See words.h: parameters about those who connect: smtpd, postscreen, log-ins, filters.
#include <array>

#include "import/postfix/words.h"

namespace postfix {
namespace {

constexpr auto table = std::to_array<Words>({
    {"smtpd_banner", Fate::different, "the greeting is the host name and ESMTP"},
    {"smtpd_sasl_auth_enable smtpd_sasl_type smtpd_sasl_path smtpd_sasl_local_domain "
     "smtpd_sasl_service smtpd_sasl_response_limit smtpd_sasl_mechanism_filter "
     "cyrus_sasl_config_path "
     "smtpd_sasl_authenticated_header broken_sasl_auth_clients smtpd_sasl_exceptions_networks",
     Fate::same,
     "people log in on submission listeners, with passwords of our own directory; Dovecot reads "
     "them "
     "from there (`stagepost dovecot-config`), not the other way round"},
    {"smtpd_sasl_security_options smtpd_sasl_tls_security_options smtpd_tls_auth_only", Fate::same,
     "nobody logs in without TLS, or anonymously"},
    {"smtpd_tls_security_level smtpd_use_tls smtpd_enforce_tls", Fate::same,
     "STARTTLS is offered to all, and who logs in has to use it; other servers may do without"},
    {"smtpd_tls_protocols smtpd_tls_mandatory_protocols smtpd_tls_ciphers "
     "smtpd_tls_mandatory_ciphers smtpd_tls_exclude_ciphers smtpd_tls_mandatory_exclude_ciphers "
     "smtpd_tls_eecdh_grade smtpd_tls_dh*_param_file tls_*_cipherlist tls_preempt_cipherlist "
     "tls_ssl_options tls_eecdh_* tls_ffdhe_* tls_medium_* tls_high_*",
     Fate::same, "TLS 1.2 and 1.3 with OpenSSL's strong ciphers"},
    {"smtpd_tls_session_cache_* smtp_tls_session_cache_* lmtp_tls_session_cache_* "
     "tls_session_ticket_cipher tls_random_* tls_daemon_random_* smtpd_tls_received_header "
     "smtpd_tls_loglevel smtp_tls_loglevel tls_append_default_CA tls_disable_workarounds",
     Fate::same, "the server minds it itself; Received and the log say how mail was encrypted"},
    {"smtpd_tls_ask_ccert smtpd_tls_req_ccert smtpd_tls_ccert_* smtpd_tls_CA* "
     "smtpd_tls_fingerprint_* relay_clientcerts smtpd_tls_always_issue_session_ids",
     Fate::by_hand, "clients are not known by certificates; give them an account and a password"},
    {"smtpd_tls_*cert_file smtpd_tls_*key_file smtpd_tls_chain_files", Fate::by_hand,
     "one certificate is shown: that of [tls]"},
    {"tls_server_sni_maps", Fate::by_hand, "one certificate is shown; let it hold all names"},
    {"smtpd_helo_required", Fate::different,
     "mail without HELO is judged like that with a bad name (client.helo_invalid)"},
    {"smtpd_delay_reject smtpd_delay_open_until_valid_rcpt", Fate::same,
     "who is refused hears it at RCPT, so that postmaster@ is reached"},
    {"disable_vrfy_command", Fate::same, "VRFY tells nobody who is here"},
    {"strict_rfc821_envelopes resolve_null_domain smtpd_command_filter", Fate::same,
     "addresses have the form of RFC 5321"},
    {"smtpd_reject_unlisted_recipient", Fate::same, "unknown recipients are refused at RCPT"},
    {"smtpd_reject_unlisted_sender smtpd_sender_login_maps", Fate::same,
     "who logs in may only send as addresses of the account or granted to it"},
    {"smtpd_restriction_classes", Fate::by_hand,
     "classes of restrictions have no equal; see what their users are noted with"},
    {"smtpd_policy_service_*", Fate::different, "policy services are not asked"},
    {"smtpd_proxy_* content_filter receive_override_options", Fate::by_hand,
     "mail is not handed to a filter and back; use the filter's milter ([[milter]]) or [rspamd]"},
    {"header_checks mime_header_checks nested_header_checks body_checks smtp_header_checks "
     "smtp_body_checks smtp_mime_header_checks smtp_nested_header_checks milter_header_checks "
     "body_checks_size_limit header_size_limit header_address_token_limit",
     Fate::by_hand,
     "mail is not searched by patterns; rspamd ([rspamd]) or a milter can refuse and mark it, "
     "Sieve in "
     "Dovecot can sort it"},
    {"milter_protocol milter_*_macros milter_macro_* milter_command_timeout "
     "milter_connect_timeout milter_content_timeout milter_default_action "
     "internal_mail_filter_classes",
     Fate::same, "filters are spoken to in protocol 6, with the usual macros"},
    {"postscreen_* dnsblog_* tlsproxy_*", Fate::different,
     "strangers are looked at by [client] and [[list]]; each test has its setting there"},
    {"smtpd_client_*_rate_limit smtpd_client_*_count_limit smtpd_client_auth_rate_limit "
     "smtpd_client_new_tls_session_rate_limit smtpd_client_event_limit_exceptions "
     "smtpd_client_ipv*_prefix_length anvil_*",
     Fate::different,
     "rates are those of [client]; relay_networks and people who log in are not counted there; "
     "guesses at passwords are for [guard]"},
    {"smtpd_soft_error_limit smtpd_error_sleep_time smtpd_junk_command_limit "
     "smtpd_recipient_overshoot_limit smtpd_history_flush_threshold smtpd_peername_lookup "
     "smtpd_per_record_deadline smtpd_per_request_deadline smtpd_min_data_rate "
     "smtpd_starttls_timeout "
     "smtpd_end_of_data_restrictions stress",
     Fate::same, "the limits of a session are in [limits]; they do not change under load"},
    {"smtpd_discard_ehlo_* smtpd_forbid_* smtpd_reject_footer_* smtpd_reject_contact_* "
     "smtpd_log_access_permit_actions smtpd_noop_commands smtpd_forbidden_commands "
     "strict_7bit_headers strict_8bitmime* "
     "strict_mime_encoding_domain",
     Fate::same,
     "the server speaks RFC 5321 strictly; a line ends with CRLF, other ends are refused"},
    {"smtputf8_enable smtputf8_autodetect_classes strict_smtputf8", Fate::same,
     "SMTPUTF8 is always offered, and asked for where something needs it"},
    {"permit_mx_backup_networks", Fate::by_hand,
     "write a [[backup]] for each domain whose mail is kept here (docs/backup-mx.md)"},
    {"smtpd_upstream_proxy_* postscreen_upstream_proxy_* smtpd_authorized_xclient_hosts",
     Fate::by_hand,
     "write the proxies' addresses into proxy_protocol or xclient of the [[listener]] "
     "(docs/proxies.md)"},
    {"smtpd_authorized_*", Fate::by_hand, "has no equal"},
    {"access_map_* maps_rbl_* rbl_reply_maps default_rbl_reply *_reject_code reject_code "
     "defer_code non_fqdn_reject_code *_tempfail_action",
     Fate::different, "replies and their codes are fixed"},
    {"mua_*_restrictions", Fate::same, "a submission listener takes mail from those who log in"},
    {"smtpd_*_restrictions", Fate::by_hand, "has no equal"},
    {"unverified_* address_verify_*", Fate::different, "addresses are not probed"},
    {"authorized_*_users local_header_rewrite_clients remote_header_rewrite_domain",
     Fate::different, "programs of this host send by sendmail (docs/sendmail.md) or by SMTP"},
    {"smtpd_*", Fate::different, "has no equal; see [limits], [client] and [verify]"},
});

}  // namespace

std::span<const Words> words_about_clients() { return table; }

}  // namespace postfix
