// See move.h: postscreen: its lists, its wait before the greeting.
#include <fmt/format.h>

#include <algorithm>

#include "import/postfix/lines.h"
#include "import/postfix/lists.h"
#include "import/postfix/move.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

bool is_started(const Move& move) {
  return std::ranges::any_of(move.master.services, [](const Service& service) {
    return service.command == "postscreen" && service.type == "inet";
  });
}

bool refuses(std::string_view action) { return action == "enforce" || action == "drop"; }

// "zen.example=127.0.0.[2..11]*3": the weight is 1 when it is not said.
void take_site(Move& move, std::string item, bool counts) {
  int weight = 1;
  if (const std::size_t star = item.rfind('*'); star != std::string::npos) {
    std::string_view text = std::string_view(item).substr(star + 1);
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const auto number = base::parse_number(text);
    if (!number || *number > 1'000) {
      move.note_at(move.place("postscreen_dnsbl_sites"), "postscreen_dnsbl_sites: " + item,
                   Fate::by_hand, "its weight is no number up to 1000");
      return;
    }
    weight = static_cast<int>(*number) * (negative ? -1 : 1);
    item.resize(star);
  }
  want_list(move, {.name = "postscreen_dnsbl_sites",
                   .word = {},
                   .item = item,
                   .of = "address",
                   .weight = counts ? weight : 0});
}

void take_dnsbl(Move& move) {
  const bool counts = refuses(move.value("postscreen_dnsbl_action"));
  const std::vector<std::string> sites = list_of(move.value("postscreen_dnsbl_sites"));
  if (sites.empty()) {
    move.note("postscreen_dnsbl_sites", Fate::same, "no list is asked");
    return;
  }
  for (const std::string& item : sites) take_site(move, item, counts);
  move.note("postscreen_dnsbl_action", Fate::taken,
            counts
                ? "mail of listed clients is refused at RCPT, so that postmaster@ is still reached"
                : "as weight = 0: listings are only recorded");
  if (!counts) return;
  const auto threshold = base::parse_number(move.value("postscreen_dnsbl_threshold"));
  move.take("postscreen_dnsbl_threshold", "client.reject_score",
            number_value(threshold.value_or(1)));
  move.reject_score = static_cast<int>(std::clamp<std::uint64_t>(threshold.value_or(1), 1, 1'000));
}

void take_greeting(Move& move) {
  const std::string action = move.value("postscreen_greet_action");
  if (!refuses(action)) {
    move.note("postscreen_greet_action", Fate::same, "early talkers are recorded, not refused");
    move.note("postscreen_greet_wait", Fate::different,
              "without an action nobody waits (client.greeting_delay)");
    return;
  }
  move.take("postscreen_greet_action", "client.early_talker", text_value("reject"));
  std::string wait = move.value("postscreen_greet_wait");
  const auto time = postfix_time(wait).value_or(std::chrono::seconds(6));
  if (move.is_set("postscreen_greet_wait")) {
    move.take("postscreen_greet_wait", "client.greeting_delay",
              text_value(base::format_duration(time)));
    return;
  }
  if (const auto done =
          move.draft.set("client.greeting_delay", text_value(base::format_duration(time)),
                         "Postfix's postscreen_greet_wait");
      !done) {
    move.note("postscreen_greet_action", Fate::by_hand, done.error().detail);
  }
}

void take_access(Move& move) {
  const std::vector<std::string> items = list_of(move.value("postscreen_access_list"));
  if (!move.is_set("postscreen_access_list")) return;
  for (const std::string& item : items) {
    if (item == "permit_mynetworks" || item == "$mynetworks") {
      move.note_at(move.place("postscreen_access_list"), "postscreen_access_list: " + item,
                   Fate::same, "policy.relay_networks are asked nothing");
      continue;
    }
    move.note_at(move.place("postscreen_access_list"), "postscreen_access_list: " + item,
                 Fate::by_hand,
                 "networks that it permits go to verify.exempt; those that it rejects: `stagepost "
                 "ban add NETWORK` with guard.ban_port_25 = true");
  }
}

}  // namespace

void take_postscreen(Move& move) {
  if (!is_started(move)) return;  // words.h says that it does nothing
  take_dnsbl(move);
  take_greeting(move);
  take_access(move);
}

}  // namespace postfix
