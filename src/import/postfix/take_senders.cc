// See hops.h: relay hosts and log-ins that depend on the sender.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "import/postfix/hops.h"
#include "import/postfix/lines.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

constexpr std::string_view relays_name = "sender_dependent_relayhost_maps";
constexpr std::string_view logins_name = "smtp_sender_dependent_authentication";

// As Postfix looks for a sender: an+shop@x.example, an@x.example, @x.example.
std::vector<std::string> keys_of(std::string_view sender) {
  std::vector<std::string> out{std::string(sender)};
  const std::size_t at = sender.rfind('@');
  if (at == std::string_view::npos || at == 0) return out;
  const std::size_t plus = sender.substr(0, at).find('+');
  if (plus != std::string_view::npos && plus > 0) {
    out.push_back(fmt::format("{}{}", sender.substr(0, plus), sender.substr(at)));
  }
  out.emplace_back(sender.substr(at));
  return out;
}

const Entry* find(const std::vector<Table>& tables, std::string_view sender) {
  for (const std::string& key : keys_of(sender)) {
    for (const Table& table : tables) {
      if (const Entry* found = table.find(key)) return found;
    }
  }
  return nullptr;
}

bool is_sender(std::string_view key) {
  return key == "<>" || key.find('@') != std::string_view::npos;
}

// In the order in which Postfix looks for them.
enum class Rank : std::uint8_t { detail, address, domain };

Rank rank_of(std::string_view sender) {
  if (sender.starts_with('@')) return Rank::domain;
  return sender.find('+') == std::string_view::npos ? Rank::address : Rank::detail;
}

class Senders {
 public:
  Senders(Move& move, Hops& hops)
      : move_(move),
        hops_(hops),
        relays_(read_tables(move.value(relays_name), move.sources)),
        log_in_(move.is_on(logins_name) && move.is_on("smtp_sasl_auth_enable")) {}

  void run(bool for_all) {
    if (relays_.empty() && !move_.is_on(logins_name)) return;
    for (const Table& table : relays_) move_.note_table(relays_name, table);
    if (for_all) return note_both(Fate::different, "transport_maps leads all mail elsewhere");
    for (const std::string& sender : senders()) routes_ += take(sender) ? 1 : 0;
    note_both(Fate::taken,
              fmt::format("as {} [[route]] sections that say whose mail they are for", routes_));
    if (!log_in_) {
      move_.note(logins_name, Fate::different, "smtp_sasl_auth_enable is off, so it is not used");
    }
  }

 private:
  void note_both(Fate fate, std::string_view words) {
    if (!relays_.empty()) move_.note(relays_name, fate, words);
    if (log_in_) move_.note(logins_name, fate, words);
  }

  // The more exact first, for the first route that fits counts.
  std::vector<std::string> senders() {
    std::vector<std::string> out;
    const auto gather = [&](const std::vector<Table>& tables, bool all_are_senders) {
      for (const Table& table : tables) {
        for (const Entry& one : table.entries) {
          const std::string key = base::lower(one.key);
          if (is_sender(key)) {
            if (std::ranges::find(out, key) == out.end()) out.push_back(key);
          } else if (all_are_senders) {
            hops_.note(one, Fate::by_hand,
                       "write a [[route]] with the whole address as its senders; what is for all "
                       "senders is relayhost");
          }
        }
      }
    };
    gather(relays_, true);
    if (log_in_) gather(hops_.passwords(), false);
    std::vector<std::string> ordered;
    for (const Rank rank : {Rank::detail, Rank::address, Rank::domain}) {
      std::ranges::copy_if(out, std::back_inserter(ordered),
                           [rank](const std::string& key) { return rank_of(key) == rank; });
    }
    return ordered;
  }

  bool take(const std::string& sender) {
    const Entry* relay = find(relays_, sender);
    const Entry* login = log_in_ ? find(hops_.passwords(), sender) : nullptr;
    // DUNNO: nothing of its own.
    const bool own = relay != nullptr && relay->value != "DUNNO";
    const std::string way = own ? relay->value : move_.value("relayhost");
    if (way.empty() && login != nullptr) {
      return leave(sender, login,
                   "there is no relay host for it, and a password is shown to no other server; "
                   "write a [[route]] with its host");
    }
    Element element{{"domain", text_value("*")}};
    std::string remark;
    if (!way.empty()) {
      const auto hop = read_hop(way);
      if (!hop) return leave(sender, relay, "its host or port cannot be read");
      element = hops_.element("*", *hop, remark, login);
    }
    element.insert(element.begin() + 1, {"senders", list_value({sender})});
    const Entry* const told = relay != nullptr && base::iequals(relay->key, sender) ? relay : login;
    const auto done =
        move_.draft.add("route", element, fmt::format("{} {}", told->place.text(), sender));
    if (!done) return leave(sender, told, done.error().detail);
    if (told != relay) return true;  // the password's line has its note
    hops_.note(*relay, Fate::taken,
               fmt::format("as [[route]] senders = [\"{}\"]{}{}", sender,
                           way.empty() ? ", by the DNS" : fmt::format(" to {}", way),
                           remark.empty() ? "" : "; " + remark));
    return true;
  }

  bool leave(const std::string& sender, const Entry* entry, std::string_view why) {
    if (entry != nullptr) hops_.note(*entry, Fate::by_hand, fmt::format("{}: {}", sender, why));
    return false;
  }

  Move& move_;
  Hops& hops_;
  std::vector<Table> relays_;
  bool log_in_ = false;
  std::size_t routes_ = 0;
};

}  // namespace

void take_senders(Move& move, Hops& hops, bool for_all) { Senders(move, hops).run(for_all); }

}  // namespace postfix
