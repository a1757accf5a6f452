// See hops.h.
#include "import/postfix/hops.h"

#include <fmt/format.h>

#include <algorithm>

#include "import/postfix/lines.h"
#include "import/postfix/master_cf.h"
#include "lib/base/text.h"

namespace postfix {

std::optional<Hop> read_hop(std::string_view text) {
  Hop hop{.written = std::string(text), .host = {}, .port = 25, .in_brackets = false};
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    hop.in_brackets = true;
    hop.host = text.substr(1, end - 1);
    if (base::istarts_with(hop.host, "ipv6:")) hop.host = hop.host.substr(5);
    port = text.substr(end + 1);
    if (port.starts_with(':')) port.remove_prefix(1);
  } else {
    const std::size_t colon = text.find(':');
    hop.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
  }
  if (hop.host.empty()) return std::nullopt;
  if (port.empty()) return hop;
  const auto number = mail_port(port);
  if (!number) return std::nullopt;
  hop.port = *number;
  return hop;
}

std::string_view tls_of_level(std::string_view level) {
  if (level == "none") return "none";
  if (level == "encrypt") return "required";
  if (level == "verify" || level == "secure" || level == "dane-only" || level == "fingerprint") {
    return "verified";
  }
  return "opportunistic";  // may, dane and what is not set
}

std::string_view remark_on_level(std::string_view level) {
  if (level == "dane" || level == "dane-only")
    return "certificates are not compared with TLSA records";
  if (level == "fingerprint")
    return "certificates are verified by their authorities, not by fingerprints";
  if (level == "half-dane") return "certificates are not compared with TLSA records";
  return {};
}

std::string smtp_level(const Move& move) {
  if (const std::string level = move.value("smtp_tls_security_level"); !level.empty()) return level;
  if (move.is_on("smtp_enforce_tls")) return "encrypt";
  return move.is_on("smtp_use_tls") ? "may" : "";
}

Hops::Hops(Move& move)
    : move_(move),
      passwords_(read_tables(move.value("smtp_sasl_password_maps"), move.sources)),
      policies_(read_tables(move.value("smtp_tls_policy_maps"), move.sources)) {}

const Entry* Hops::find(const std::vector<Table>& tables, const Hop& hop) {
  for (const Table& table : tables) {
    for (const std::string& key :
         {hop.written, hop.in_brackets ? fmt::format("[{}]", hop.host) : hop.host, hop.host}) {
      if (const Entry* found = table.find(key)) return found;
    }
    if (table.any_key && !table.entries.empty()) return table.entries.data();
  }
  return nullptr;
}

bool Hops::is_used(const Entry& entry) const {
  return std::ranges::find(used_, entry.place) != used_.end();
}

void Hops::note(const Entry& entry, Fate fate, std::string_view words) {
  move_.note_at(entry.place, entry.key, fate, words);
}

// "user:password" of smtp_sasl_password_maps. One entry may be of use to several routes.
Element Hops::credentials(const Entry& entry) {
  const std::size_t colon = entry.value.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == entry.value.size()) {
    note(entry, Fate::by_hand, "is not of the form user:password");
    return {};
  }
  if (!is_used(entry)) {
    note(entry, Fate::taken,
         "as user and password of the [[route]]; the configuration can be read by its owner "
         "alone, as this file should be");
  }
  used_.push_back(entry.place);
  ++logins_;
  move_.plan.is_secret = true;
  return {{"user", text_value(std::string_view(entry.value).substr(0, colon))},
          {"password", text_value(std::string_view(entry.value).substr(colon + 1))}};
}

Element Hops::element(const std::string& domain, const Hop& hop, std::string& remark,
                      const Entry* login) {
  Element element{{"domain", text_value(domain)},
                  {"host", text_value(hop.host)},
                  {"port", number_value(hop.port)}};
  if (login == nullptr) login = find(passwords_, hop);
  Element secret;
  if (login != nullptr && move_.is_on("smtp_sasl_auth_enable")) secret = credentials(*login);
  std::string level = smtp_level(move_);
  if (const Entry* policy = find(policies_, hop)) {
    level = policy->value.substr(0, policy->value.find_first_of(" \t,"));
    if (!is_used(*policy)) {
      note(*policy, Fate::taken,
           fmt::format("as tls = \"{}\" of the [[route]]", tls_of_level(level)));
      ++policies_used_;
    }
    used_.push_back(policy->place);
  }
  std::string tls(tls_of_level(level));
  const bool implicit = move_.is_on("smtp_tls_wrappermode") || hop.port == 465;
  // We never log in without TLS.
  if (!secret.empty() && !implicit && (tls == "none" || tls == "opportunistic")) {
    tls = "required";
    remark = "with TLS, for it logs in";
  }
  // Postfix shows passwords to hosts whose certificates it does not verify; a move must not stop
  // the mail.
  if (!secret.empty() && tls != "verified") {
    secret.emplace_back("plain_auth", text_value("encrypted"));
  }
  if (!hop.in_brackets) {
    remark += fmt::format("{}{} itself is connected to, not its MX", remark.empty() ? "" : "; ",
                          hop.host);
  }
  element.emplace_back("tls", text_value(tls));
  if (implicit) element.emplace_back("implicit_tls", flag_value(true));
  element.insert(element.end(), secret.begin(), secret.end());
  return element;
}

}  // namespace postfix
