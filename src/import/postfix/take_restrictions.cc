// See move.h: smtpd_*_restrictions, word by word.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "import/postfix/lines.h"
#include "import/postfix/lists.h"
#include "import/postfix/move.h"
#include "import/postfix/words.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

constexpr auto restriction_lists = std::to_array<std::string_view>(
    {"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions",
     "smtpd_relay_restrictions", "smtpd_recipient_restrictions", "smtpd_data_restrictions",
     "smtpd_end_of_data_restrictions", "smtpd_etrn_restrictions"});

// Words that stand before what they are about.
bool has_argument(std::string_view word) {
  return word.starts_with("check_") || word.starts_with("reject_rbl") ||
         word.starts_with("reject_rhsbl") || word.starts_with("permit_dnswl") ||
         word.starts_with("permit_rhswl") || word == "sleep";
}

class Restrictions {
 public:
  Restrictions(Move& move, std::string_view name) : move_(move), name_(name) {}

  void run() {
    const std::vector<std::string> words = list_of(move_.value(name_));
    if (words.empty()) move_.note(name_, Fate::same, "is empty");
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool pair = has_argument(words[i]) && i + 1 < words.size();
      one(words[i], pair ? words[i + 1] : "");
      if (pair) ++i;
    }
  }

 private:
  void say(const std::string& what, Fate fate, std::string_view words) {
    // Defaults of Postfix are not in the file, so nobody asks for them.
    if (!move_.is_set(name_)) return;
    move_.note_at(move_.place(name_), fmt::format("{}: {}", name_, what), fate, words);
  }

  void one(const std::string& word, const std::string& argument) {
    if (word == "reject_rbl_client") return list(word, argument, {"address", move_.reject_score});
    if (word == "permit_dnswl_client")
      return list(word, argument, {"address", -move_.reject_score});
    if (word == "reject_rhsbl_sender") return list(word, argument, {"sender", move_.reject_score});
    if (word == "reject_rhsbl_helo") return list(word, argument, {"helo", move_.reject_score});
    if (word.starts_with("reject_unknown_") && word.find("client_hostname") != std::string::npos) {
      return reverse_name(word);
    }
    if (word == "reject_unknown_reverse_client_hostname") return reverse_name(word);
    if (is_helo(word)) return set(word, "client.helo_invalid", "reject");
    if (word == "check_policy_service") return policy_service(argument);
    const Words words = words_for_restriction(word);
    const bool own_class = words.names == "*" && is_class(word);
    say(argument.empty() ? word : word + " " + argument, words.fate,
        own_class ? "a class of your own (smtpd_restriction_classes), which has no equal"
                  : words.words);
  }

  [[nodiscard]] bool is_class(std::string_view word) const {
    const auto classes = list_of(move_.value("smtpd_restriction_classes"));
    return std::ranges::find(classes, word) != classes.end();
  }

  static bool is_helo(std::string_view word) {
    return word == "reject_invalid_helo_hostname" || word == "reject_non_fqdn_helo_hostname" ||
           word == "reject_invalid_hostname" || word == "reject_non_fqdn_hostname";
  }

  struct Wanted {
    std::string_view of;
    int weight;
  };
  void list(const std::string& word, const std::string& item, const Wanted& wanted) {
    if (item.empty()) return say(word, Fate::by_hand, "names no list");
    want_list(move_, {.name = std::string(name_),
                      .word = word,
                      .item = item,
                      .of = std::string(wanted.of),
                      .weight = wanted.weight});
  }

  void set(const std::string& word, std::string_view path, std::string_view value) {
    const auto done = move_.draft.set(path, text_value(value),
                                      fmt::format("{} {}", move_.place(name_).text(), word));
    say(word, done ? Fate::taken : Fate::by_hand,
        done ? fmt::format("as {} = \"{}\"", path, value) : done.error().detail);
  }

  // 450 by default: temporary.
  void reverse_name(const std::string& word) {
    const bool for_good = move_.value("unknown_client_reject_code").starts_with('5');
    set(word, "client.iprev_missing", for_good ? "reject" : "defer");
    move_.note("unknown_client_reject_code", Fate::taken,
               for_good ? "as \"reject\" of client.iprev_missing"
                        : "as \"defer\" of client.iprev_missing");
  }

  void policy_service(const std::string& where) {
    const std::string what = "check_policy_service " + where;
    if (where.find("spf") != std::string::npos) {
      say(what, Fate::same, "SPF is checked here ([verify])");
    } else if (where.find("10023") != std::string::npos ||
               where.find("postgrey") != std::string::npos ||
               where.find("greylist") != std::string::npos) {
      const auto done = move_.draft.set("greylist.on", flag_value(true),
                                        fmt::format("{} {}", move_.place(name_).text(), what));
      say(what, done ? Fate::taken : Fate::by_hand,
          "as greylist.on = true: it looks like a greylisting service (Postgrey)");
    } else if (where.find("quota") != std::string::npos) {
      const std::string place = service_place(move_, where);
      const auto done = move_.draft.set("policy.quota_status", text_value(place),
                                        fmt::format("{} {}", move_.place(name_).text(), what));
      say(what, done ? Fate::taken : Fate::by_hand,
          done ? fmt::format("as policy.quota_status = \"{}\": it looks like Dovecot's", place)
               : done.error().detail);
    } else {
      const Words words = words_for_restriction("check_policy_service");
      say(what, words.fate, words.words);
    }
  }

  Move& move_;
  std::string_view name_;
};

}  // namespace

void take_restrictions(Move& move) {
  for (const std::string_view name : restriction_lists) Restrictions(move, name).run();
  write_lists(move);
}

}  // namespace postfix
