// See move.h: domains whose mail is taken from anybody and passed on to another server.
#include <fmt/format.h>

#include <algorithm>

#include "directory/names.h"
#include "import/postfix/lines.h"
#include "import/postfix/move.h"
#include "lib/base/text.h"
#include "lib/message/address.h"

namespace postfix {
namespace {

class Relays {
 public:
  explicit Relays(Move& move)
      : move_(move), recipients_(read_tables(move.value("relay_recipient_maps"), move.sources)) {}

  void run() {
    for (const Table& table : recipients_) move_.note_table("relay_recipient_maps", table);
    for (const std::string& item : list_of(move_.value("relay_domains"))) {
      if (is_table(item)) {
        take_table(item);
      } else if (is_world_domain(item) && !move_.is_ours(message::domain_key(item))) {
        move_.take_element("relay_domains", "backup", element_of(item), where_);
        taken_ = true;
      }
    }
    if (!taken_) {
      move_.note("relay_domains", Fate::same, "only mail for our own domains is accepted");
    }
    move_.note("relay_recipient_maps", taken_ ? Fate::taken : Fate::same,
               taken_ ? "as the recipients of [[backup]]" : "nothing is passed on for strangers");
  }

 private:
  void take_table(const std::string& item) {
    const Table table =
        read_table(item.starts_with('/') ? "texthash:" + item : item, move_.sources);
    if (move_.is_set("relay_domains")) move_.note_table("relay_domains", table);
    for (const Entry& entry : table.entries) {
      if (!is_world_domain(entry.key) || move_.is_ours(message::domain_key(entry.key))) continue;
      const auto done =
          move_.draft.add("backup", element_of(entry.key), entry.place.text() + " relay_domains");
      move_.note_at(entry.place, entry.key, done ? Fate::taken : Fate::by_hand,
                    done ? fmt::format("as [[backup]]; {}", where_) : done.error().detail);
      taken_ = true;
    }
  }

  // Without a list of recipients Postfix accepts everybody, and so does [[backup]].
  [[nodiscard]] Element element_of(std::string_view name) const {
    const std::string domain = message::domain_key(name);
    Element out = {{"domain", text_value(domain)}};
    std::vector<std::string> known;
    for (const Table& table : recipients_) {
      if (table.any_key || !table.problem.empty()) return out;
      for (const Entry& entry : table.entries) {
        if (base::lower(entry.key) == "@" + domain) return out;
        const auto key = directory::address_name(entry.key);
        if (key && directory::domain_of(*key) == domain) {
          known.emplace_back(directory::local_of(*key));
        }
      }
    }
    std::ranges::sort(known);
    const auto doubles = std::ranges::unique(known);
    known.erase(doubles.begin(), doubles.end());
    if (!known.empty()) out.emplace_back("recipients", list_value(known));
    return out;
  }

  static constexpr std::string_view where_ =
      "goes on to the domain's better MX, or where a [[route]] leads";
  Move& move_;
  std::vector<Table> recipients_;
  bool taken_ = false;
};

}  // namespace

void take_relay(Move& move) { Relays(move).run(); }

}  // namespace postfix
