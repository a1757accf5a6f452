// See wishes.h.
#include "admin/sending/wishes.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "admin/json.h"
#include "admin/sending/letter_fields.h"
#include "lib/base/text.h"

namespace sending {
namespace {

namespace json = boost::json;
using message::DeliverBy;
using message::Envelope;

constexpr int priority_max = 9;  // RFC 6710: -9 to 9
// RFC 3461 §5.4: 100 characters of xtext, of which no character here needs more than one.
constexpr std::size_t envid_bytes_max = 100;

struct Span {
  std::int64_t min = 0;
  std::int64_t max = 0;
};

// A number, or its digits as a text.
base::Result<std::optional<std::int64_t>> whole_number(const json::object& fields,
                                                       std::string_view field, Span span) {
  const json::value* value = fields.if_contains({field.data(), field.size()});
  if (value == nullptr) return std::nullopt;
  std::optional<std::int64_t> number;
  if (value->is_int64()) number = value->get_int64();
  if (value->is_string()) {
    std::string_view digits(value->get_string().data(), value->get_string().size());
    const bool negative = digits.starts_with('-');
    if (negative) digits.remove_prefix(1);
    if (const auto read = base::parse_number(digits); read && *read < (1ULL << 40U)) {
      number = negative ? -static_cast<std::int64_t>(*read) : static_cast<std::int64_t>(*read);
    }
  }
  if (number && *number >= span.min && *number <= span.max) return number;
  return invalid(fmt::format("\"{}\" is a whole number from {} to {}", field, span.min, span.max));
}

base::Result<bool> flag(const json::object& fields, std::string_view field) {
  const json::value* value = fields.if_contains({field.data(), field.size()});
  if (value == nullptr) return false;
  if (value->is_bool()) return value->get_bool();
  if (value->is_string() && value->get_string() == "true") return true;
  if (value->is_string() && value->get_string() == "false") return false;
  return invalid(fmt::format("\"{}\" is true or false", field));
}

base::Result<std::optional<smtp::By>> read_by(const json::object& fields) {
  const auto seconds =
      whole_number(fields, "deliver_within", {.min = 1, .max = smtp::by_seconds_max});
  if (!seconds) return std::unexpected(seconds.error());
  const auto mode = admin::text_if(fields, "at_deadline");
  if (!mode) return std::unexpected(mode.error());
  const auto trace = flag(fields, "trace");
  if (!trace) return std::unexpected(trace.error());
  if (!*seconds && (*mode || *trace)) {
    return invalid("\"at_deadline\" and \"trace\" belong to \"deliver_within\", in seconds");
  }
  if (!*seconds) return std::nullopt;
  const std::string word = mode->value_or("notify");
  if (word != "notify" && word != "return") {
    return invalid(
        "\"at_deadline\" is \"notify\" (its sender is told, and it goes on) or \"return\" (it "
        "comes back)");
  }
  return smtp::By{.seconds = **seconds,
                  .mode = word == "notify" ? DeliverBy::Mode::notify : DeliverBy::Mode::give_back,
                  .trace = *trace};
}

// A list of words, or "success,failure".
base::Result<std::vector<std::string>> words_of(const json::object& fields,
                                                std::string_view field) {
  const json::value* value = fields.if_contains({field.data(), field.size()});
  if (value == nullptr) return std::vector<std::string>{};
  if (!value->is_string()) return admin::texts_of(fields, field);
  const std::string_view text(value->get_string().data(), value->get_string().size());
  std::vector<std::string> out;
  for (const std::string_view word : base::split(text, ',')) out.emplace_back(base::trim(word));
  return out;
}

base::Result<std::uint8_t> read_notify(const json::object& fields) {
  const auto words = words_of(fields, "notify");
  if (!words) return std::unexpected(words.error());
  unsigned notify = message::notify_default;
  for (const std::string& word : *words) {
    if (word == "never") {
      notify |= message::notify_never;
    } else if (word == "success") {
      notify |= message::notify_success;
    } else if (word == "failure") {
      notify |= message::notify_failure;
    } else if (word == "delay") {
      notify |= message::notify_delay;
    } else {
      return invalid("\"notify\" is \"never\", or some of \"success\", \"failure\", \"delay\"");
    }
  }
  // RFC 3461 §4.1
  if ((notify & message::notify_never) != 0 && notify != message::notify_never) {
    return invalid("\"notify\": \"never\" stands alone");
  }
  return static_cast<std::uint8_t>(notify);
}

base::Result<Envelope::Ret> read_ret(const json::object& fields) {
  const auto word = admin::text_if(fields, "ret");
  if (!word) return std::unexpected(word.error());
  if (!*word) return Envelope::Ret::unset;
  if (**word == "full") return Envelope::Ret::full;
  if (**word == "headers") return Envelope::Ret::headers;
  return invalid("\"ret\" is \"full\" or \"headers\": what a report brings back of the message");
}

base::Result<std::string> read_envid(const json::object& fields) {
  const auto text = admin::text_if(fields, "envid");
  if (!text || !*text) return text ? base::Result<std::string>("") : std::unexpected(text.error());
  const bool plain = std::ranges::all_of(
      **text, [](char c) { return c > ' ' && c < '\x7f' && c != '+' && c != '='; });
  if (plain && !(*text)->empty() && (*text)->size() <= envid_bytes_max) return **text;
  return invalid(fmt::format(
      "\"envid\" has 1 to {} printable characters of ASCII, no space, + or =", envid_bytes_max));
}

}  // namespace

base::Result<Wishes> read_wishes(const json::object& fields) {
  Wishes out;
  const auto priority =
      whole_number(fields, "priority", {.min = -priority_max, .max = priority_max});
  if (!priority) return std::unexpected(priority.error());
  out.priority = static_cast<std::int8_t>(priority->value_or(0));
  const auto by = read_by(fields);
  if (!by) return std::unexpected(by.error());
  out.by = *by;
  const auto notify = read_notify(fields);
  if (!notify) return std::unexpected(notify.error());
  out.notify = *notify;
  const auto ret = read_ret(fields);
  if (!ret) return std::unexpected(ret.error());
  out.ret = *ret;
  auto envid = read_envid(fields);
  if (!envid) return std::unexpected(envid.error());
  out.envid = std::move(*envid);
  return out;
}

}  // namespace sending
