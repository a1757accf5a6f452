// See message_query.h.
#include "trace/message_query.h"

#include <algorithm>

#include "lib/base/text.h"
#include "trace/index.h"

namespace trace {
namespace {

bool has_part(std::string_view text, std::string_view part) {
  return part.empty() || base::icontains(text, part);
}

// A whole address is itself and not a part of another.
bool address_matches(std::string_view address, std::string_view wanted) {
  if (is_whole_address(wanted)) return base::iequals(base::trim(address), base::trim(wanted));
  return has_part(address, wanted);
}

bool any_matches(const std::vector<std::string>& addresses, std::string_view wanted) {
  return wanted.empty() || std::ranges::any_of(addresses, [wanted](const std::string& one) {
           return address_matches(one, wanted);
         });
}

// One of those between commas.
bool list_matches(std::string_view list, std::string_view wanted) {
  if (wanted.empty()) return true;
  const auto parts = base::split(list, ',');
  return std::ranges::any_of(
      parts, [wanted](std::string_view one) { return address_matches(one, wanted); });
}

}  // namespace

bool is_whole_address(std::string_view text) {
  text = base::trim(text);
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0) return false;
  const std::size_t dot = text.find('.', at);
  return dot != std::string_view::npos && dot > at + 1 && dot + 1 < text.size();
}

bool MessageQuery::begins_row(std::string_view name) const {
  if (name == "message.refused") return true;
  if (refused) return name == "recipient.refused";
  return name == "message.queued" || name == "message.discarded";
}

bool MessageQuery::in_time(base::Time time) const {
  return (!since || time >= *since) && (!until || time < *until);
}

bool MessageQuery::names_match(const EventView& event, std::string_view to) const {
  if (!list_matches(to, recipient)) return false;
  return text.empty() || address_matches(event.field("from"), text) || list_matches(to, text) ||
         (event.message && has_part(event.message.text(), text));
}

bool MessageQuery::sender_matches(std::string_view address) const {
  return sender.empty() || address_matches(address, sender);
}

bool MessageQuery::matches(const MessageRow& row) const {
  if (!sender_matches(row.sender)) return false;
  if (row.recipients_total > row.recipients.size()) return true;
  if (!any_matches(row.recipients, recipient)) return false;
  return text.empty() || address_matches(row.sender, text) || any_matches(row.recipients, text) ||
         (row.message && has_part(row.message.text(), text));
}

std::vector<std::uint64_t> MessageQuery::keys() const {
  std::vector<std::uint64_t> out;
  for (const std::string* const one : {&text, &sender, &recipient}) {
    if (is_whole_address(*one)) out.push_back(address_key(*one));
  }
  if (const auto id = base::MessageId::parse(text)) out.push_back(message_key(*id));
  return out;
}

}  // namespace trace
