// See move.h: where mail goes that is not for us: transport_maps, relayhost, TLS, passwords.
#include <fmt/format.h>

#include <algorithm>

#include "import/postfix/lines.h"
#include "import/postfix/master_cf.h"
#include "import/postfix/move.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

// "[smtp.example.net]:587" or "smtp.example.net:587".
struct Hop {
  std::string written;
  std::string host;
  std::uint16_t port = 25;
  bool in_brackets = false;
};

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

// What a level promises beyond ours.
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

class Routes {
 public:
  explicit Routes(Move& move)
      : move_(move),
        passwords_(read_tables(move.value("smtp_sasl_password_maps"), move.sources)),
        policies_(read_tables(move.value("smtp_tls_policy_maps"), move.sources)) {}

  void run() {
    take_level();
    for (const Table& table : policies_) move_.note_table("smtp_tls_policy_maps", table);
    for (const Table& table : passwords_) move_.note_table("smtp_sasl_password_maps", table);
    take_transports();
    take_policies();
    for (const Entry& one : for_all_) routes_ += take_transport(one) ? 1 : 0;
    note_transports();
    take_relay_host();
    note_credentials();
  }

 private:
  void take_level() {
    const std::string level = smtp_level(move_);
    if (level.empty()) return;
    for (const std::string_view name :
         {"smtp_tls_security_level", "smtp_use_tls", "smtp_enforce_tls"}) {
      if (!move_.is_set(name)) continue;
      move_.take(name, "delivery.mx_tls", text_value(tls_of_level(level)), remark_on_level(level));
    }
  }

  [[nodiscard]] const Entry* entry(const std::vector<Table>& tables, const Hop& hop) const {
    for (const Table& table : tables) {
      for (const std::string& key :
           {hop.written, hop.in_brackets ? fmt::format("[{}]", hop.host) : hop.host, hop.host}) {
        if (const Entry* found = table.find(key)) return found;
      }
      if (table.any_key && !table.entries.empty()) return table.entries.data();
    }
    return nullptr;
  }

  // "user:password" of smtp_sasl_password_maps.
  void add_credentials(const Hop& hop, Element& element, bool& encrypted) {
    const Entry* found = entry(passwords_, hop);
    if (found == nullptr || !move_.is_on("smtp_sasl_auth_enable")) return;
    const std::size_t colon = found->value.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == found->value.size()) {
      note_entry(*found, Fate::by_hand, "is not of the form user:password");
      return;
    }
    element.emplace_back("user", text_value(std::string_view(found->value).substr(0, colon)));
    element.emplace_back("password", text_value(std::string_view(found->value).substr(colon + 1)));
    used_passwords_.push_back(found->place);
    move_.plan.is_secret = true;
    note_entry(*found, Fate::taken,
               "as user and password of the [[route]]; the configuration can be read by its owner "
               "alone, as this file should be");
    encrypted = true;  // we never log in without TLS
  }

  void note_entry(const Entry& found, Fate fate, std::string_view words) {
    move_.note_at(found.place, found.key, fate, words);
  }

  // A [[route]] to a hop; with host, port, tls and what it logs in with.
  Element element_for(const std::string& domain, const Hop& hop, std::string& remark) {
    Element element{{"domain", text_value(domain)},
                    {"host", text_value(hop.host)},
                    {"port", number_value(hop.port)}};
    bool logs_in = false;
    Element credentials;
    add_credentials(hop, credentials, logs_in);
    std::string level = smtp_level(move_);
    if (const Entry* policy = entry(policies_, hop)) {
      level = policy->value.substr(0, policy->value.find_first_of(" \t,"));
      used_policies_.push_back(policy->place);
      note_entry(*policy, Fate::taken,
                 fmt::format("as tls = \"{}\" of the [[route]]", tls_of_level(level)));
    }
    std::string tls(tls_of_level(level));
    const bool implicit = move_.is_on("smtp_tls_wrappermode") || hop.port == 465;
    if (logs_in && !implicit && (tls == "none" || tls == "opportunistic")) {
      tls = "required";
      remark = "with TLS, for it logs in";
    }
    // Postfix shows passwords to hosts whose certificates it does not verify; a move must not stop
    // the mail.
    if (logs_in && tls != "verified") {
      credentials.emplace_back("plain_auth", text_value("encrypted"));
    }
    if (!hop.in_brackets) {
      remark += fmt::format("{}{} itself is connected to, not its MX", remark.empty() ? "" : "; ",
                            hop.host);
    }
    element.emplace_back("tls", text_value(tls));
    if (implicit) element.emplace_back("implicit_tls", flag_value(true));
    element.insert(element.end(), credentials.begin(), credentials.end());
    return element;
  }

  void take_transports() {
    for (const Table& table : read_tables(move_.value("transport_maps"), move_.sources)) {
      move_.note_table("transport_maps", table);
      std::vector<const Entry*> ordered;
      for (const Entry& one : table.entries) {
        if (one.key == "*") {
          for_all_.push_back(one);
        } else if (table.has_patterns && one.key.find('@') == std::string::npos &&
                   !one.key.starts_with('.')) {
          note_entry(one, Fate::different, "patterns are compared with whole addresses: fits none");
        } else {
          ordered.push_back(&one);
        }
      }
      // Postfix looks for the longest name; here the first route that fits counts.
      std::ranges::sort(ordered, [](const Entry* a, const Entry* b) {
        return std::pair(b->key.size(), a->place.line) < std::pair(a->key.size(), b->place.line);
      });
      for (const Entry* one : ordered) routes_ += take_transport(*one) ? 1 : 0;
    }
  }

  void note_transports() {
    for (const std::string_view name : {"default_transport", "relay_transport"}) {
      const std::string value = move_.value(name);
      if (value == "smtp" || value == "relay") move_.note(name, Fate::same, "mail goes by SMTP");
    }
    const bool empty = list_of(move_.value("transport_maps")).empty();
    move_.note("transport_maps", empty ? Fate::same : Fate::taken,
               empty ? "is empty"
                     : fmt::format("as {} [[route]] sections; each entry has its own line below",
                                   routes_));
  }

  bool take_transport(const Entry& found) {
    std::string domain = base::lower(found.key);
    if (domain.starts_with('@')) domain.erase(0, 1);
    const std::size_t colon = found.value.find(':');
    const std::string transport = found.value.substr(0, colon);
    const std::string_view hop_text =
        colon == std::string::npos ? "" : std::string_view(found.value).substr(colon + 1);
    if (domain.find('@') != std::string::npos) {
      note_entry(found, Fate::by_hand,
                 "a route is for a domain, not for one address; use an alias");
      return false;
    }
    if (move_.is_ours(domain)) {
      note_entry(found, Fate::by_hand,
                 fmt::format("{} is a domain of ours, whose mail is delivered here", domain));
      return false;
    }
    if (transport.empty() && hop_text.empty() && !move_.value("relayhost").empty()) {
      note_entry(found, Fate::same, "goes to the relay host, as all other mail");
      return false;
    }
    if (!transport.empty() && transport != "smtp" && transport != "relay") {
      note_entry(found, Fate::by_hand, by_transport(transport));
      return false;
    }
    return take_way(found, domain, hop_text);
  }

  static std::string by_transport(std::string_view transport) {
    if (transport == "error" || transport == "retry" || transport == "discard") {
      return "mail to single domains is neither refused nor thrown away; `stagepost queue` holds "
             "and "
             "removes what waits";
    }
    if (transport == "local" || transport == "virtual" || transport == "lmtp") {
      return "is delivered here: add it with `stagepost domain add`, and its people with "
             "`stagepost "
             "user add`";
    }
    return fmt::format(
        "goes by the transport {} of master.cf; if that is SMTP, write a [[route]] with its host, "
        "port and tls",
        base::printable(transport, 60));
  }

  bool take_way(const Entry& found, const std::string& domain, std::string_view hop_text) {
    Element element{{"domain", text_value(domain)}};
    std::string remark;
    if (!hop_text.empty()) {
      const auto hop = read_hop(hop_text);
      if (!hop) {
        note_entry(found, Fate::by_hand, "its host or port cannot be read");
        return false;
      }
      element = element_for(domain, *hop, remark);
    }
    const auto done = move_.draft.add("route", element, found.place.text() + " transport_maps");
    if (!done) {
      note_entry(found, Fate::by_hand, done.error().detail);
      return false;
    }
    note_entry(found, Fate::taken,
               fmt::format("as [[route]] domain = \"{}\"{}{}", domain,
                           hop_text.empty() ? ", by the DNS" : fmt::format(" to {}", hop_text),
                           remark.empty() ? "" : "; " + remark));
    return true;
  }

  // Those of domains, not of hops, become routes by the DNS with a TLS of their own.
  void take_policies() {
    std::size_t count = 0;
    for (const Table& table : policies_) {
      for (const Entry& one : table.entries) {
        if (std::ranges::find(used_policies_, one.place) != used_policies_.end()) continue;
        count += take_policy(one) ? 1 : 0;
      }
    }
    move_.note("smtp_tls_policy_maps", policies_.empty() ? Fate::same : Fate::taken,
               policies_.empty()
                   ? "is empty"
                   : fmt::format("as tls of {} [[route]] sections; each entry has its line below",
                                 count + used_policies_.size()));
  }

  bool take_policy(const Entry& found) {
    const std::string level = found.value.substr(0, found.value.find_first_of(" \t,"));
    if (found.key.starts_with('[') || found.key.find(':') != std::string::npos) {
      note_entry(found, Fate::different, "no route leads there");
      return false;
    }
    if (!move_.value("relayhost").empty() || !for_all_.empty()) {
      note_entry(found, Fate::different, "mail goes to the relay host, whose TLS counts");
      return false;
    }
    const Element element{{"domain", text_value(base::lower(found.key))},
                          {"tls", text_value(tls_of_level(level))}};
    const auto done =
        move_.draft.add("route", element, found.place.text() + " smtp_tls_policy_maps");
    if (!done) {
      note_entry(found, Fate::by_hand, done.error().detail);
      return false;
    }
    const bool more = found.value.size() > level.size();
    note_entry(
        found, Fate::taken,
        fmt::format(
            "as [[route]] domain = \"{}\" with tls = \"{}\"{}{}", found.key, tls_of_level(level),
            more ? "; what stands behind the level has no equal" : "",
            remark_on_level(level).empty() ? "" : fmt::format("; {}", remark_on_level(level))));
    return true;
  }

  void take_relay_host() {
    const std::string text = move_.value("relayhost");
    if (text.empty()) {
      move_.note("relayhost", Fate::same, "mail goes to each domain's own servers");
      return;
    }
    const auto hop = read_hop(text);
    if (!hop) {
      move_.note("relayhost", Fate::by_hand, "its host or port cannot be read; write a [[route]]");
      return;
    }
    std::string remark;
    const Element element = element_for("*", *hop, remark);
    move_.take_element("relayhost", "route", element, remark);
    const bool implicit = move_.is_on("smtp_tls_wrappermode");
    move_.note("smtp_tls_wrappermode", implicit ? Fate::taken : Fate::same,
               implicit ? "as implicit_tls of the [[route]]" : "STARTTLS");
  }

  void note_credentials() {
    for (const Table& table : passwords_) {
      for (const Entry& one : table.entries) {
        if (std::ranges::find(used_passwords_, one.place) != used_passwords_.end()) continue;
        note_entry(one, Fate::by_hand,
                   move_.is_on("smtp_sasl_auth_enable")
                       ? "no route leads there; write user and password into a [[route]]"
                       : "smtp_sasl_auth_enable is off, so it is not used");
      }
    }
    if (move_.is_set("smtp_sasl_password_maps") && passwords_.empty()) {
      move_.note("smtp_sasl_password_maps", Fate::same, "is empty");
    } else {
      move_.note(
          "smtp_sasl_password_maps", Fate::taken,
          fmt::format("as user and password of {} [[route]] sections", used_passwords_.size()));
    }
    move_.note("smtp_sasl_auth_enable", Fate::same, "a [[route]] with user and password logs in");
  }

  Move& move_;
  std::vector<Entry> for_all_;  // "*": behind all others, for the first that fits counts
  std::size_t routes_ = 0;      // of transport_maps
  std::vector<Table> passwords_;
  std::vector<Table> policies_;
  std::vector<Place> used_passwords_;
  std::vector<Place> used_policies_;
};

}  // namespace

void take_routes(Move& move) { Routes(move).run(); }

}  // namespace postfix
