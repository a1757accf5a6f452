// See message_row.h.
#include "trace/message_row.h"

#include <algorithm>
#include <array>

#include "lib/base/text.h"
#include "trace/explain.h"

namespace trace {
namespace {

// Not in the middle of a character (RFC 3629 §3).
void cut(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return;
  std::size_t size = bytes_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80) --size;
  text.resize(size);
  text += "…";
}

}  // namespace

std::string_view to_string(RowState state) {
  constexpr std::array<std::string_view, 6> names = {"waiting", "delivered", "failed",
                                                     "removed", "refused",   "discarded"};
  return names.at(static_cast<std::size_t>(state));
}

void MessageRow::add_recipients(std::string_view list) {
  std::vector<std::string> named;
  for (const std::string_view part : base::split(list, ',')) {
    const std::string_view one = base::trim(part);
    if (!one.empty()) named.emplace_back(one);
  }
  recipients_total = std::max(recipients_total, named.size());
  if (named.size() > recipients_max) named.resize(recipients_max);
  if (named.size() > recipients.size()) recipients = std::move(named);
}

void MessageRow::begin(const StoredEvent& event) {
  message = event.message;
  if (time == base::Time() || event.name == "message.queued") time = event.time;
  if (sender.empty()) sender = std::string(event.field("from"));
  add_recipients(event.field("to"));
  if (const auto count = base::parse_number(event.field("recipients"))) {
    recipients_total = std::max<std::size_t>(recipients_total, *count);
  }
  for (const std::string_view name : {"bytes", "size"}) {
    if (const auto size = base::parse_number(event.field(name)); size && bytes == 0) bytes = *size;
  }
}

// One failure makes a message a failed one; a delivery more than a removal.
void MessageRow::end(RowState as, const StoredEvent& event) {
  failed_ = failed_ || as == RowState::failed;
  delivered_ = delivered_ || as == RowState::delivered;
  const std::string to(event.field("to"));
  if (!to.empty() && recipients.size() < recipients_max &&
      std::ranges::find(recipients, to) == recipients.end()) {
    recipients.push_back(to);
    recipients_total = std::max(recipients_total, recipients.size());
  }
}

void MessageRow::add(const StoredEvent& event) {
  if (event.name == "message.queued" || event.name == "message.accepted") {
    begin(event);
  } else if (event.name == "message.refused" || event.name == "message.discarded" ||
             event.name == "recipient.refused") {
    begin(event);
    session = event.session;
    state = event.name == "message.discarded" ? RowState::discarded : RowState::refused;
  } else if (event.name == "recipient.delivered") {
    end(RowState::delivered, event);
  } else if (event.name == "recipient.failed") {
    end(RowState::failed, event);
  } else if (event.name == "message.done") {
    state = failed_ ? RowState::failed : delivered_ ? RowState::delivered : RowState::removed;
    return;  // it says nothing that was not said before
  } else if (!event.name.starts_with("recipient.") && !event.name.starts_with("message.")) {
    return;
  }
  if (event.name == "message.accepted" && !last.empty()) return;  // told after what it began
  if (event.name == "message.judged") return;
  last = in_words(event);
  cut(last, last_bytes_max);
}

}  // namespace trace
