// See move.h: where mail goes that is not for us: transport_maps, relayhost, TLS, passwords.
#include <fmt/format.h>

#include <algorithm>

#include "import/postfix/hops.h"
#include "import/postfix/lines.h"
#include "import/postfix/move.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

class Routes {
 public:
  explicit Routes(Move& move) : move_(move), hops_(move) {}

  void run() {
    take_level();
    for (const Table& table : hops_.policies()) move_.note_table("smtp_tls_policy_maps", table);
    for (const Table& table : hops_.passwords()) {
      move_.note_table("smtp_sasl_password_maps", table);
    }
    take_transports();
    take_senders(move_, hops_, !for_all_.empty());
    const std::size_t policies = take_policies();
    for (const Entry& one : for_all_) routes_ += take_transport(one) ? 1 : 0;
    note_transports();
    take_relay_host();
    note_policies(policies);
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

  void note_entry(const Entry& found, Fate fate, std::string_view words) {
    hops_.note(found, fate, words);
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
      element = hops_.element(domain, *hop, remark);
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
  std::size_t take_policies() {
    std::size_t count = 0;
    for (const Table& table : hops_.policies()) {
      for (const Entry& one : table.entries) {
        if (!is_hop(one) && !hops_.is_used(one)) count += take_policy(one) ? 1 : 0;
      }
    }
    return count;
  }

  static bool is_hop(const Entry& policy) {
    return policy.key.starts_with('[') || policy.key.find(':') != std::string::npos;
  }

  void note_policies(std::size_t taken) {
    for (const Table& table : hops_.policies()) {
      for (const Entry& one : table.entries) {
        if (!is_hop(one) || hops_.is_used(one)) continue;
        note_entry(one, Fate::different, "no route leads there");
      }
    }
    const bool empty = hops_.policies().empty();
    move_.note("smtp_tls_policy_maps", empty ? Fate::same : Fate::taken,
               empty ? "is empty"
                     : fmt::format("as tls of {} [[route]] sections; each entry has its line below",
                                   taken + hops_.policies_used()));
  }

  bool take_policy(const Entry& found) {
    const std::string level = found.value.substr(0, found.value.find_first_of(" \t,"));
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
    const Element element = hops_.element("*", *hop, remark);
    move_.take_element("relayhost", "route", element, remark);
    const bool implicit = move_.is_on("smtp_tls_wrappermode");
    move_.note("smtp_tls_wrappermode", implicit ? Fate::taken : Fate::same,
               implicit ? "as implicit_tls of the [[route]]" : "STARTTLS");
  }

  void note_credentials() {
    for (const Table& table : hops_.passwords()) {
      for (const Entry& one : table.entries) {
        if (hops_.is_used(one)) continue;
        note_entry(one, Fate::by_hand,
                   move_.is_on("smtp_sasl_auth_enable")
                       ? "no route leads there; write user and password into a [[route]]"
                       : "smtp_sasl_auth_enable is off, so it is not used");
      }
    }
    if (move_.is_set("smtp_sasl_password_maps") && hops_.passwords().empty()) {
      move_.note("smtp_sasl_password_maps", Fate::same, "is empty");
    } else {
      move_.note("smtp_sasl_password_maps", Fate::taken,
                 fmt::format("as user and password of {} [[route]] sections", hops_.logins()));
    }
    move_.note("smtp_sasl_auth_enable", Fate::same, "a [[route]] with user and password logs in");
  }

  Move& move_;
  Hops hops_;
  std::vector<Entry> for_all_;  // "*": behind all others, for the first that fits counts
  std::size_t routes_ = 0;      // of transport_maps
};

}  // namespace

void take_routes(Move& move) { Routes(move).run(); }

}  // namespace postfix
