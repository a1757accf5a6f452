// See move.h: sizes, times and counts.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "import/postfix/lines.h"
#include "import/postfix/move.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

struct Simple {
  enum class Kind : std::uint8_t { count, count_zero_is_max, time };
  std::string_view name;  // of Postfix
  std::string_view path;  // ours
  Kind kind = Kind::count;
  std::string_view also = {};
  std::uint64_t max = 0;  // of ours: what 0, no limit, becomes
  char unit = 's';        // of a bare number
};

constexpr auto simple_ones = std::to_array<Simple>({
    {"smtpd_recipient_limit", "limits.recipients_max"},
    {"smtpd_hard_error_limit", "limits.errors_max"},
    {"smtpd_client_connection_count_limit", "limits.connections_per_address_max",
     Simple::Kind::count_zero_is_max, "per loop", 1'000'000},
    {"smtpd_client_connection_rate_limit", "client.connections_per_minute_max"},
    {"smtpd_client_message_rate_limit", "client.messages_per_minute_max"},
    {"smtpd_client_recipient_rate_limit", "client.recipients_per_minute_max"},
    {"default_destination_concurrency_limit", "queue.destination_concurrency_max",
     Simple::Kind::count_zero_is_max, "", 1'000},
    {"smtp_destination_concurrency_limit", "queue.destination_concurrency_max",
     Simple::Kind::count_zero_is_max, "", 1'000},
    {"default_destination_recipient_limit", "queue.recipients_per_attempt_max",
     Simple::Kind::count_zero_is_max, "", 10'000},
    {"smtp_destination_recipient_limit", "queue.recipients_per_attempt_max",
     Simple::Kind::count_zero_is_max, "", 10'000},
    {"hopcount_limit", "policy.received_fields_max"},
    {"smtp_mx_address_limit", "delivery.addresses_tried_max", Simple::Kind::count_zero_is_max, "",
     100},
    {"smtpd_timeout", "limits.command_timeout", Simple::Kind::time},
    {"smtp_connect_timeout", "delivery.connect_timeout", Simple::Kind::time},
    {"smtp_mail_timeout", "delivery.command_timeout", Simple::Kind::time, "for every command"},
    {"smtp_data_done_timeout", "delivery.data_done_timeout", Simple::Kind::time},
    {"smtp_data_xfer_timeout", "delivery.data_block_timeout", Simple::Kind::time},
    {"smtp_connection_cache_time_limit", "delivery.idle_connection", Simple::Kind::time},
    {"delay_warning_time", "queue.delay_notice_after", Simple::Kind::time, "", 0, 'h'},
    {"bounce_size_limit", "report.returned_bytes_max"},
    {"maximal_queue_lifetime", "queue.expire_after", Simple::Kind::time, "", 0, 'd'},
});

void take_simple(Move& move, const Simple& one) {
  if (!move.is_set(one.name)) return;
  const std::string text = move.value(one.name);
  if (one.kind == Simple::Kind::time) {
    const auto time = postfix_time(text.empty() ? "0" : text, one.unit);
    if (!time) {
      move.note(one.name, Fate::by_hand, fmt::format("is no time; set {}", one.path));
    } else {
      move.take(one.name, one.path, text_value(base::format_duration(*time)), one.also);
    }
    return;
  }
  const auto number = base::parse_number(text);
  if (!number) {
    move.note(one.name, Fate::by_hand, fmt::format("is no number; set {}", one.path));
    return;
  }
  const bool no_limit = *number == 0 && one.kind == Simple::Kind::count_zero_is_max;
  move.take(one.name, one.path, number_value(no_limit ? one.max : *number), one.also);
}

void take_message_size(Move& move) {
  if (!move.is_set("message_size_limit")) return;
  const auto bytes = base::parse_number(move.value("message_size_limit"));
  if (!bytes) {
    move.note("message_size_limit", Fate::by_hand, "is no number; set limits.message_bytes_max");
    return;
  }
  move.take("message_size_limit", "limits.message_bytes_max",
            *bytes == 0 ? text_value("1TiB") : number_value(*bytes),
            *bytes == 0 ? "the most there is" : "");
}

// Ours is a list: doubled from the shortest to the longest wait, as Postfix does.
void take_backoff(Move& move) {
  if (!move.is_set("minimal_backoff_time") && !move.is_set("maximal_backoff_time")) return;
  const auto shortest = postfix_time(move.value("minimal_backoff_time"));
  const auto longest = postfix_time(move.value("maximal_backoff_time"));
  if (!shortest || !longest || shortest->count() <= 0) {
    for (const std::string_view name : {"minimal_backoff_time", "maximal_backoff_time"}) {
      move.note(name, Fate::by_hand, "is no time; set queue.retry_after");
    }
    return;
  }
  constexpr std::size_t steps_max = 20;
  std::vector<std::string> steps;
  for (auto wait = *shortest; wait < *longest && steps.size() < steps_max; wait *= 2) {
    steps.push_back(base::format_duration(wait));
  }
  steps.push_back(base::format_duration(std::max(*shortest, *longest)));
  const std::string_view first =
      move.is_set("minimal_backoff_time") ? "minimal_backoff_time" : "maximal_backoff_time";
  move.take(first, "queue.retry_after", list_value(steps));
  if (first == "minimal_backoff_time") {
    move.note("maximal_backoff_time", Fate::taken, "as the last of queue.retry_after");
  }
}

void take_bounce_lifetime(Move& move) {
  if (!move.is_set("bounce_queue_lifetime")) return;
  const auto bounces = postfix_time(move.value("bounce_queue_lifetime"), 'd');
  const auto others = postfix_time(move.value("maximal_queue_lifetime"), 'd');
  move.note("bounce_queue_lifetime", bounces == others ? Fate::same : Fate::different,
            "reports wait as long as other mail (queue.expire_after)");
}

}  // namespace

void take_limits(Move& move) {
  take_message_size(move);
  for (const Simple& one : simple_ones) take_simple(move, one);
  take_backoff(move);
  take_bounce_lifetime(move);
}

}  // namespace postfix
