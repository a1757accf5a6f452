// See words.h: finding them, and those of services and restrictions.
#include "import/postfix/words.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace postfix {
namespace {

bool fits(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  return name.size() + 1 >= pattern.size() && name.starts_with(pattern.substr(0, star)) &&
         name.ends_with(pattern.substr(star + 1));
}

// Without a list of the names: it is asked for every parameter and pattern.
bool fits_one_of(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const std::size_t space = std::min(names.find(' '), names.size());
    if (fits(names.substr(0, space), name)) return true;
    names.remove_prefix(std::min(space + 1, names.size()));
  }
  return false;
}

Words find_in(std::span<const Words> table, std::string_view name) {
  const auto found =
      std::ranges::find_if(table, [&](const Words& one) { return fits_one_of(one.names, name); });
  return found == table.end() ? Words{} : *found;
}

constexpr auto service_words = std::to_array<Words>({
    {"syslog_name", Fate::taken, "as the listener's name"},
    {"smtpd_tls_security_level smtpd_enforce_tls", Fate::same,
     "who logs in has TLS: a submission listener takes no mail without"},
    {"smtpd_tls_wrappermode", Fate::taken, "as tls of the [[listener]]"},
    {"smtpd_sasl_auth_enable smtpd_sasl_type smtpd_sasl_path smtpd_sasl_security_options "
     "smtpd_sasl_tls_security_options smtpd_sasl_local_domain smtpd_sasl_authenticated_header "
     "smtpd_tls_auth_only",
     Fate::same,
     "listeners with role = \"submission\" ask for a log-in, inside TLS, and no other does"},
    {"smtpd_client_restrictions smtpd_helo_restrictions smtpd_sender_restrictions "
     "smtpd_recipient_restrictions smtpd_relay_restrictions smtpd_data_restrictions "
     "mua_*_restrictions smtpd_etrn_restrictions smtpd_end_of_data_restrictions",
     Fate::same,
     "a submission listener takes mail from those who log in, and checks no names or block lists "
     "of theirs"},
    {"smtpd_reject_unlisted_recipient smtpd_reject_unlisted_sender smtpd_sender_login_maps",
     Fate::same, "recipients of ours must exist, and senders must be addresses of the account"},
    {"milter_macro_daemon_name", Fate::different,
     "filters are told by their own macros who has logged in ({auth_authen})"},
    {"smtpd_milters non_smtpd_milters", Fate::by_hand,
     "a filter is asked for all listeners, or with submissions = false not for those who log in"},
    {"cleanup_service_name smtpd_service_name receive_override_options "
     "local_header_rewrite_clients smtpd_proxy_*",
     Fate::different, "has no equal for one listener"},
    {"smtpd_upstream_proxy_* smtpd_authorized_*", Fate::by_hand,
     "write the proxies' addresses into proxy_protocol or xclient of this [[listener]] "
     "(docs/proxies.md)"},
    {"smtp_helo_name smtp_bind_address smtp_bind_address6 smtp_tls_* smtp_sasl_*", Fate::by_hand,
     "counts for one transport of Postfix; write tls, user and password into the [[route]] that "
     "stands for it, and source_ipv4 and source_ipv6, too"},
    {"smtp_fallback_relay", Fate::different, "there is no second way when the first fails"},
    {"content_filter", Fate::by_hand, "use the filter's milter ([[milter]]) or [rspamd]"},
    {"smtpd_client_connection_* smtpd_client_message_* smtpd_client_recipient_*", Fate::different,
     "rates are set for all listeners, in [client]; those who log in have `stagepost limits`"},
    {"*", Fate::by_hand,
     "counts for one service of Postfix; settings here are for the whole server, see "
     "docs/settings.md"},
});

constexpr auto restriction_words = std::to_array<Words>({
    {"permit_mynetworks", Fate::same, "policy.relay_networks may relay"},
    {"permit_sasl_authenticated permit_tls_clientcerts permit_tls_all_clientcerts", Fate::same,
     "who has logged in may send anywhere, on submission listeners; certificates open nothing"},
    {"reject_unauth_destination defer_unauth_destination", Fate::same,
     "nobody relays who is not allowed to"},
    {"reject_unlisted_recipient reject_unverified_recipient", Fate::same,
     "unknown recipients are refused"},
    {"permit_auth_destination permit_inet_interfaces permit_mx_backup permit "
     "permit_naked_ip_address",
     Fate::different, "lets through what later checks might refuse; the checks here have no order"},
    {"reject defer defer_if_permit defer_if_reject warn_if_reject sleep", Fate::different,
     "steers the list; the checks here have no order"},
    {"reject_unlisted_sender reject_sender_login_mismatch "
     "reject_authenticated_sender_login_mismatch "
     "reject_known_sender_login_mismatch reject_unauthenticated_sender_login_mismatch",
     Fate::same, "who logs in may only send as addresses of the account or granted to it"},
    {"reject_unauth_pipelining", Fate::different,
     "who speaks before he is greeted: client.early_talker; pipelining out of turn is an error of "
     "the session (limits.errors_max)"},
    {"reject_non_fqdn_sender reject_non_fqdn_recipient", Fate::same,
     "an address needs a domain, but for <postmaster>"},
    {"reject_unknown_sender_domain", Fate::different,
     "the sender's domain is judged by SPF and DMARC ([verify])"},
    {"reject_unknown_recipient_domain", Fate::same,
     "a domain that takes no mail is told to the sender by a report"},
    {"reject_unknown_helo_hostname reject_unknown_helo_domain", Fate::different,
     "HELO names are looked up only when they claim to be ours (client.helo_forged)"},
    {"reject_unverified_sender", Fate::different,
     "senders are not called back: it burdens those whose names were forged"},
    {"reject_rhsbl_client reject_rhsbl_reverse_client reject_rhsbl_recipient permit_rhswl_client",
     Fate::by_hand,
     "lists of the client's name are not asked; those of HELO and sender are ([[list]])"},
    {"check_sender_access check_sender_a_access", Fate::by_hand,
     "senders are not listed one by one; use rspamd or a milter for it"},
    {"check_client_access check_reverse_client_hostname_access check_client_a_access",
     Fate::by_hand,
     "addresses that are to be let in go to verify.exempt; to shut one out use `stagepost ban add` "
     "with guard.ban_port_25 = true"},
    {"check_recipient_access", Fate::by_hand,
     "an address that is to be refused must not exist: remove its mailbox or alias"},
    {"check_helo_access check_helo_a_access", Fate::different,
     "HELO names of ours are refused when others use them (client.helo_forged)"},
    {"check_*_mx_access check_*_ns_access check_ccert_access check_sasl_access check_etrn_access",
     Fate::by_hand, "has no equal; use rspamd or a milter for it"},
    {"check_policy_service", Fate::by_hand,
     "policy services are not asked; greylisting is [greylist], SPF is checked here, quotas are "
     "policy.quota_status, rates are [client] and `stagepost limits`"},
    {"reject_multi_recipient_bounce reject_plaintext_session permit_dnswl_client "
     "permit_rhswl_client",
     Fate::different, "has no equal"},
    {"*", Fate::by_hand, "is no restriction that is known here"},
});

}  // namespace

Words words_for(std::string_view name) {
  for (const auto& table : {words_about_clients(), words_about_delivery(), words_about_server()}) {
    if (const Words found = find_in(table, name); !found.words.empty()) return found;
  }
  return {};
}

Words words_for_service(const Service& service, std::string_view name, std::string_view value) {
  // Debian's master.cf has these at the transport for mail in transit.
  if (service.command == "smtp" && (name == "syslog_name" || value.empty())) {
    return {"", Fate::same, "every delivery is logged with its destination"};
  }
  if (service.command == "smtpd" && name.ends_with("_milters") && value.empty()) {
    return {"", Fate::by_hand, "write submissions = false into the [[milter]] sections"};
  }
  return find_in(service_words, name);
}

Words words_for_restriction(std::string_view word) { return find_in(restriction_words, word); }

}  // namespace postfix
