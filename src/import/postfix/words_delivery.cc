// See words.h: parameters about where mail goes: addresses, transports, mailboxes, the queue.
#include <array>

#include "import/postfix/words.h"

namespace postfix {
namespace {

constexpr auto table = std::to_array<Words>({
    {"virtual_uid_maps virtual_gid_maps virtual_minimum_uid", Fate::by_hand,
     "the server writes Maildirs as the user that it runs as: let that be who owns them"},
    {"virtual_mailbox_limit virtual_mailbox_limit_* mailbox_size_limit", Fate::same,
     "a mailbox has no limit; `stagepost user set --quota` gives one, which Dovecot keeps"},
    {"virtual_mailbox_lock mailbox_delivery_lock deliver_lock_* fcntl_* stale_lock_time "
     "mailbox_spool_directory mail_spool_directory",
     Fate::same, "Maildirs need no locks"},
    {"virtual_alias_expansion_limit virtual_alias_recursion_limit "
     "virtual_alias_address_length_limit "
     "duplicate_filter_limit",
     Fate::same, "see directory.alias_recipients_max and alias_depth_max"},
    {"propagate_unmatched_extensions", Fate::same, "you+anything@ finds you@"},
    {"forward_path allow_mail_to_* allow_min_user", Fate::by_hand,
     "~/.forward files are not read; write aliases, or let people use Sieve in Dovecot"},
    {"mailbox_command mailbox_command_maps local_command_shell command_execution_directory "
     "command_time_limit command_expansion_filter execution_directory_expansion_filter",
     Fate::by_hand, "no program is run on mail; what procmail did, Sieve does in Dovecot"},
    {"mailbox_transport mailbox_transport_maps fallback_transport fallback_transport_maps "
     "local_transport virtual_transport",
     Fate::by_hand, "all mailboxes are delivered in one way: delivery.lmtp, or Maildirs"},
    {"home_mailbox", Fate::by_hand, "mailboxes are DOMAIN/LOCAL/ below delivery.mail_folder"},
    {"owner_request_special expand_owner_alias", Fate::same,
     "an alias with an owner-NAME beside it is a list, whose bounces go to the owner"},
    {"local_recipient_maps luser_relay "
     "require_home_directory prepend_delivered_header reset_owner_alias",
     Fate::different, "names are those of the directory"},
    {"canonical_maps sender_canonical_maps recipient_canonical_maps canonical_classes "
     "sender_canonical_classes recipient_canonical_classes smtp_generic_maps lmtp_generic_maps "
     "masquerade_domains masquerade_classes masquerade_exceptions",
     Fate::by_hand,
     "addresses in mail are not rewritten; let programs send with the right ones, and make aliases "
     "for "
     "old ones"},
    {"append_at_myorigin append_dot_mydomain swap_bangpath allow_percent_hack "
     "allow_untrusted_routing empty_address_* null_sender undisclosed_recipients_header "
     "always_add_missing_headers enable_original_recipient enable_long_queue_ids "
     "allow_srv_lookup_fallback",
     Fate::same, "see [submission] for what is completed in mail of our own people"},
    {"always_bcc sender_bcc_maps recipient_bcc_maps", Fate::by_hand,
     "no copies are made of other people's mail; a copy of one address's mail: make it an alias of "
     "two"},
    {"relocated_maps", Fate::by_hand,
     "an address that has moved is unknown, or an alias for the new one"},
    {"transport_retry_time default_transport relay_transport "
     "sender_dependent_default_transport_maps "
     "default_transport_maps defer_transports",
     Fate::by_hand, "mail goes by [[route]] or by the DNS; other transports have no equal"},
    {"sender_dependent_relayhost_maps smtp_sender_dependent_authentication", Fate::by_hand,
     "write a [[route]] with senders"},
    {"smtp_fallback_relay fallback_relay", Fate::by_hand,
     "there is no second way when the first fails; mail waits in the queue"},
    {"smtp_tls_CA* smtp_tls_cert_file smtp_tls_key_file smtp_tls_*cert_file smtp_tls_*key_file "
     "smtp_tls_chain_files smtp_tls_scert_verifydepth smtp_tls_verify_cert_match "
     "smtp_tls_secure_cert_match smtp_tls_trust_anchor_file smtp_tls_fingerprint_*",
     Fate::same,
     "other servers' certificates are verified by the system's authorities; we show them none of "
     "ours"},
    {"smtp_tls_per_site", Fate::by_hand, "write tls into a [[route]] for each site"},
    {"smtp_tls_wrappermode", Fate::same, "implicit_tls of a [[route]]"},
    {"smtp_dns_support_level smtp_tls_dane_* dnssec_probe", Fate::different,
     "names are looked up with DNSSEC; TLSA records are not compared"},
    {"smtp_tls_* smtp_enforce_tls smtp_use_tls", Fate::same,
     "TLS 1.2 and 1.3 with OpenSSL's strong ciphers"},
    {"smtp_sasl_security_options smtp_sasl_tls_security_options smtp_sasl_mechanism_filter "
     "smtp_sasl_type smtp_sasl_path smtp_sasl_*",
     Fate::same, "a route with a password logs in under TLS only"},
    {"smtp_address_preference smtp_balance_inet_protocols smtp_host_lookup smtp_dns_* "
     "smtp_randomize_addresses smtp_skip_* ignore_mx_lookup_error disable_dns_lookups",
     Fate::same, "addresses are found by the DNS (RFC 5321 §5.1) and tried in their order"},
    {"smtp_helo_name", Fate::by_hand, "EHLO says hostname"},
    {"smtp_connection_cache_* smtp_connection_reuse_* connection_cache_*", Fate::same,
     "connections are kept for the next message: delivery.idle_connection"},
    {"smtp_pix_* smtp_quote_* smtp_always_send_ehlo smtp_never_send_ehlo smtp_discard_ehlo_* "
     "smtp_line_length_limit smtp_send_* smtp_defer_* smtp_cname_* smtp_assume_final "
     "smtp_per_record_deadline smtp_per_request_deadline smtp_min_data_rate smtp_rset_timeout "
     "smtp_quit_timeout smtp_starttls_timeout smtp_data_init_timeout smtp_helo_timeout "
     "smtp_rcpt_timeout smtp_xforward_timeout smtp_reply_filter smtp_delivery_status_filter "
     "smtp_balance_*",
     Fate::same, "the times of a delivery are in [delivery]; no workarounds are needed"},
    {"smtp_*", Fate::different, "has no equal; see [delivery] and [[route]]"},
    {"lmtp_*", Fate::different, "has no equal; delivery.lmtp says where mailboxes are delivered"},
    {"confirm_delay_cleared", Fate::different,
     "a sender who was told of a delay (queue.delay_notice_after) hears no more if it ends well"},
    {"bounce_template_file delivery_status_filter default_delivery_status_filter "
     "local_delivery_status_filter pipe_delivery_status_filter virtual_delivery_status_filter",
     Fate::different, "reports have the form of RFC 3464 (docs/dsn.md)"},
    {"notify_classes 2bounce_notice_recipient bounce_notice_recipient delay_notice_recipient "
     "error_notice_recipient double_bounce_sender backwards_bounce_logfile_compatibility",
     Fate::different,
     "nobody gets mail about each mishap; the log and `stagepost explain` have them"},
    {"soft_bounce", Fate::by_hand, "refusals are for good; try things out on other ports first"},
    {"queue_run_delay queue_minfree qmgr_* in_flow_delay trigger_timeout hash_queue_* "
     "fast_flush_* max_idle max_use default_process_limit initial_destination_concurrency "
     "*_destination_concurrency_* *_destination_recipient_limit *_destination_rate_delay "
     "*_transport_rate_delay default_recipient_* default_extra_* default_minimum_* "
     "default_delivery_* "
     "*_delivery_slot_* *_initial_destination_concurrency *_recipient_refill_* *_recipient_limit "
     "*_extra_recipient_limit *_minimum_delivery_slots",
     Fate::different, "the schedule is set by [queue]"},
    {"lmtp_destination_*", Fate::different, "see [queue]"},
    {"line_length_limit", Fate::different, "see limits.text_line_bytes_max"},
    {"virtual_mailbox_base virtual_mailbox_maps virtual_mailbox_domains virtual_alias_maps "
     "virtual_alias_domains virtual_maps relay_recipient_maps",
     Fate::same, "is empty"},
    {"mailbox_* virtual_* local_*", Fate::different, "has no equal; see [delivery]"},
});

}  // namespace

std::span<const Words> words_about_delivery() { return table; }

}  // namespace postfix
