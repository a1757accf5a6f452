// See explain.h.
#include "trace/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "lib/base/size.h"
#include "lib/base/text.h"
#include "trace/line.h"

namespace trace {
namespace {

using base::Duration;

// A field that a peer may have written, safe for a terminal.
std::string word(const StoredEvent& event, std::string_view key) {
  return escaped(event.field(key));
}

// " PREFIX value" when the event has that field.
std::string clause(const StoredEvent& event, std::string_view prefix, std::string_view key) {
  const std::string_view value = event.field(key);
  return value.empty() ? std::string() : fmt::format("{}{}", prefix, escaped(value));
}

std::string quoted(const StoredEvent& event, std::string_view prefix, std::string_view key) {
  const std::string_view value = event.field(key);
  return value.empty() ? std::string() : fmt::format("{}\"{}\"", prefix, escaped(value));
}

std::string sender(const StoredEvent& event) {
  const std::string from = word(event, "from");
  return from.empty() ? "<> (the null sender)" : from;
}

std::string size_of(const StoredEvent& event) {
  const auto bytes = base::parse_number(event.field("size"));
  return bytes ? ", " + base::format_size(*bytes) : std::string();
}

std::string remote_said(const StoredEvent& event) {
  return clause(event, " by ", "remote") + quoted(event, "; it said: ", "reply");
}

std::string spoken_for(const StoredEvent& event) {
  return "the client is " + word(event, "peer") + clause(event, ", logged in as ", "login") +
         clause(event, ", says the proxy ", "proxy");
}

std::string connected(const StoredEvent& event) {
  return "connected from " + word(event, "peer") + clause(event, " to listener ", "listener") +
         clause(event, " through the proxy ", "proxy");
}

std::string encrypted(const StoredEvent& event) {
  const std::string tls = word(event, "tls");
  return "encrypted with TLS" +
         (tls.empty() ? clause(event, ": ", "protocol") + clause(event, " ", "cipher")
                      : ": " + tls);
}

std::string command_refused(const StoredEvent& event) {
  return "refused the command" + quoted(event, " ", "command") +
         quoted(event, "; we said: ", "reply");
}

std::string session_ended(const StoredEvent& event) {
  return "the session ended" + clause(event, ": ", "reason") +
         clause(event, "; messages brought: ", "messages");
}

std::string recipient_refused(const StoredEvent& event) {
  return fmt::format("refused recipient {} of a message from {}", word(event, "to"),
                     sender(event)) +
         quoted(event, "; we said: ", "reply") + clause(event, "; because ", "reason");
}

std::string accepted(const StoredEvent& event) {
  return fmt::format("accepted from {} for {}", sender(event), word(event, "to")) + size_of(event) +
         clause(event, "; brought by ", "peer") + clause(event, " as ", "helo") +
         clause(event, " over ", "tls") + clause(event, "; on hold: ", "hold") +
         clause(event, "; an alias sends it on as from ", "forwarded_as") +
         quoted(event, "; subject: ", "subject");
}

std::string account_held(const StoredEvent& event) {
  return "mail of the account " + word(event, "account") + " is held" +
         clause(event, ": it has ", "reason");
}

std::string account_warned(const StoredEvent& event) {
  return "the account " + word(event, "account") + " is near a limit of sending" +
         clause(event, ": ", "reason");
}

std::string account_released(const StoredEvent& event) {
  return "the account " + word(event, "account") + " may send again" +
         clause(event, ": ", "reason");
}

std::string banned(const StoredEvent& event) {
  return "not let in" + clause(event, " until ", "until") + clause(event, ": ", "why");
}

std::string notice_sent(const StoredEvent& event) {
  return "told " + word(event, "to") + clause(event, " in message ", "notice");
}

std::string refused(const StoredEvent& event) {
  return "refused the message from " + sender(event) + clause(event, " for ", "to") +
         quoted(event, "; we said: ", "reply") + clause(event, "; because ", "reason");
}

// What the fields of a judged mail are called; in the order in which they are told.
constexpr std::array<std::pair<std::string_view, std::string_view>, 19> judged_titles = {{
    {"iprev", "name of the client"},
    {"helo_check", "HELO name"},
    {"lists", "on lists"},
    {"list_score", "score of lists"},
    {"early_talker", "spoke before the greeting"},
    {"rate", "too often"},
    {"spf", "SPF of MAIL FROM"},
    {"spf_helo", "SPF of HELO"},
    {"dkim", "DKIM"},
    {"arc", "ARC"},
    {"author", "author"},
    {"dmarc", "DMARC"},
    {"overrides", "DMARC passed over"},
    {"greylist", "greylist"},
    {"impersonation", "warnings"},
    {"filters", "filters"},
    {"verdict", "verdict"},
    {"rule", "rule that decided"},
    {"reason", "because"},
}};

// One line for each check.
std::string judged(const StoredEvent& event) {
  std::string out = fmt::format("judged the mail from {}", sender(event)) +
                    clause(event, " for ", "to") + clause(event, ", brought by ", "peer") +
                    clause(event, " as ", "helo");
  for (const auto& [key, title] : judged_titles) {
    out += clause(event, fmt::format("\n{}: ", title), key);
  }
  return out;
}

std::string queued(const StoredEvent& event) {
  const bool later = !event.field("scheduled_for").empty();
  return std::string("safe on disk, ") +
         (later ? "scheduled by its sender" : "waiting for its first attempt") +
         clause(event, " for ", "scheduled_for") + clause(event, " to ", "to") +
         clause(event, ", to be delivered by ", "deliver_by") +
         clause(event, ", of priority ", "priority");
}

std::string attempted(const StoredEvent& event) {
  return "tried to deliver" + clause(event, " to ", "to") + clause(event, " at ", "remote") +
         clause(event, " over ", "tls") + clause(event, ", logged in by ", "auth") +
         clause(event, ", took ", "seconds") + (event.field("seconds").empty() ? "" : " s") +
         quoted(event, "; it said: ", "reply") + clause(event, "; ", "detail");
}

std::string delivered(const StoredEvent& event) {
  return word(event, "to") + " delivered" + remote_said(event) +
         clause(event, "; time since accepted: ", "delay");
}

std::string deferred(const StoredEvent& event) {
  return word(event, "to") + " not delivered yet" + clause(event, ", tried ", "remote") +
         quoted(event, "; it said: ", "reply") + clause(event, "; next attempt: ", "next");
}

std::string failed(const StoredEvent& event) {
  return word(event, "to") + " failed for good" + clause(event, ", tried ", "remote") +
         quoted(event, "; it said: ", "reply") + clause(event, "; because ", "reason");
}

std::string done(const StoredEvent& event) {
  return "nothing is left to do for this message" + clause(event, ": ", "reason");
}

std::string held(const StoredEvent& event) {
  return "on hold until somebody releases it" + clause(event, ": ", "reason");
}

std::string dsn_sent(const StoredEvent& event) {
  return "told the sender" + clause(event, " ", "to") + clause(event, " in message ", "dsn") +
         clause(event, " about ", "recipient");
}

std::string generic(const StoredEvent& event) {
  std::string out = escaped(event.name);
  for (const auto& [key, value] : event.fields) {
    out += fmt::format(" {}={}", escaped(key), escaped(value));
  }
  return out;
}

using Words = std::string (*)(const StoredEvent&);

constexpr std::array<std::pair<std::string_view, Words>, 22> words_of = {{
    {"session.banned", banned},
    {"account.held", account_held},
    {"account.warned", account_warned},
    {"account.released", account_released},
    {"notice.sent", notice_sent},
    {"session.connect", connected},
    {"session.xclient", spoken_for},
    {"session.tls", encrypted},
    {"session.command_refused", command_refused},
    {"session.end", session_ended},
    {"recipient.refused", recipient_refused},
    {"message.accepted", accepted},
    {"message.refused", refused},
    {"message.judged", judged},
    {"message.queued", queued},
    {"delivery.attempt", attempted},
    {"recipient.delivered", delivered},
    {"recipient.deferred", deferred},
    {"recipient.failed", failed},
    {"message.done", done},
    {"message.held", held},
    {"dsn.sent", dsn_sent},
}};

std::string shown_time(base::Time time, Duration utc_offset) {
  std::string text = base::format_time(time + utc_offset);
  text[text.find('T')] = ' ';
  text.pop_back();  // Z: the heading says which clock it is
  return text;
}

// Further lines stand below the words of the first.
std::string indented(std::string_view words) {
  constexpr std::string_view margin = "\n                               ";
  std::string out;
  for (const std::string_view line : base::split(words, '\n')) {
    if (!out.empty()) out += margin;
    out += line;
  }
  return out;
}

// Invariant: each event is in one group; sessions' events come before the message that they
// brought.
struct Group {
  std::string title;
  std::vector<const StoredEvent*> events;
};

// Which message a session brought, when all that is asked about is one of its messages.
std::map<std::uint64_t, std::uint64_t> only_message_of_sessions(
    const std::vector<StoredEvent>& events) {
  std::map<std::uint64_t, std::uint64_t> out;
  for (const StoredEvent& event : events) {
    if (event.session.value == 0 || !event.message) continue;
    const auto [at, added] = out.emplace(event.session.value, event.message.value);
    if (!added && at->second != event.message.value) at->second = 0;  // more than one
  }
  return out;
}

std::string title_of(const StoredEvent& event) {
  if (event.message) return "Message " + event.message.text();
  if (event.session.value != 0) return "Session " + event.session.text();
  return "Other events";
}

std::vector<Group> group(const std::vector<StoredEvent>& events) {
  const auto only_message = only_message_of_sessions(events);
  std::vector<Group> groups;
  std::map<std::string, std::size_t> group_of;
  for (const StoredEvent& event : events) {
    std::string title = title_of(event);
    const auto brought = only_message.find(event.session.value);
    if (!event.message && brought != only_message.end() && brought->second != 0) {
      title = "Message " + base::MessageId{brought->second}.text();
    }
    const auto [at, added] = group_of.emplace(title, groups.size());
    if (added) groups.push_back({title, {}});
    groups[at->second].events.push_back(&event);
  }
  return groups;
}

}  // namespace

std::string in_words(const StoredEvent& event) {
  for (const auto& [name, words] : words_of) {
    if (event.name == name) return words(event);
  }
  return generic(event);
}

std::string explain(const std::vector<StoredEvent>& events, ExplainOptions options) {
  if (events.empty()) return "Nothing is known about it (any more).\n";
  std::string out;
  for (const Group& one : group(events)) {
    if (!out.empty()) out += '\n';
    out += one.title;
    out += options.utc_offset == Duration(0) ? " (times in UTC)\n" : " (local time)\n";
    for (const StoredEvent* event : one.events) {
      const bool bad = event->severity >= base::Severity::warning;
      out += fmt::format("  {}  {}{}\n", shown_time(event->time, options.utc_offset),
                         bad ? "! " : "", indented(in_words(*event)));
    }
  }
  return out;
}

}  // namespace trace
