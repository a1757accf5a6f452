// See observer.h.
#include "tools/simulate/wire/observer.h"

#include <fmt/format.h>

#include "tools/simulate/wire/parcels.h"

namespace simulate::wire {
namespace {

std::string_view field(const base::Event& event, std::string_view key) {
  for (const auto& [name, value] : event.fields) {
    if (name == key) return value;
  }
  return {};
}

// "mx:d1.large-webmail.example" → "large-webmail".
std::string_view label_in(std::string_view destination) {
  const std::size_t from = destination.find('.');
  const std::size_t to = destination.find('.', from + 1);
  if (from == std::string_view::npos || to == std::string_view::npos) return {};
  return destination.substr(from + 1, to - from - 1);
}

}  // namespace

Observer::Observer(Account& account, const Domains& domains, base::Time begin)
    : account_(account), begin_(begin) {
  for (std::uint32_t i = 0; i < domains.labels().size(); ++i) {
    providers_.emplace(domains.labels()[i], i);
  }
}

void Observer::emit(const base::Event& event) {
  if (closed_) return;
  if (event.severity == base::Severity::error) {
    account_.ledger().note(
        fmt::format("the server says {}: {}", event.name, field(event, "detail")));
  }
  if (const auto number = number_of(event)) {
    if (event.name.starts_with("recipient.")) recipient(event, *number);
  } else if (number_in(field(event, "to"), 'm')) {
    report(event);
  } else if (event.name == "delivery.attempt") {
    ProviderCounts* const counts = destination_of(event);
    if (counts != nullptr && field(event, "connection") == "reused") ++counts->connections_reused;
  } else if (event.name == "destination.deferred") {
    if (ProviderCounts* const counts = destination_of(event)) ++counts->blocked;
  }
}

// Its only recipient is a sender of ours.
void Observer::report(const base::Event& event) {
  if (event.name == "message.queued") ++reports_waiting_;
  if (event.name == "recipient.delivered" && reports_waiting_ > 0) --reports_waiting_;
  if (event.name == "recipient.failed") {
    account_.ledger().note(fmt::format("a report was not taken: {}", field(event, "reply")));
  }
}

// None for a report, which goes the other way.
std::optional<std::uint64_t> Observer::number_of(const base::Event& event) const {
  const auto number = number_in(field(event, "to"), 'r');
  return number && *number < account_.ledger().size() ? number : std::nullopt;
}

ProviderCounts* Observer::destination_of(const base::Event& event) {
  const auto found = providers_.find(std::string(label_in(field(event, "destination"))));
  return found == providers_.end() ? nullptr : &account_.of_provider(found->second);
}

void Observer::recipient(const base::Event& event, std::uint64_t number) {
  const base::Duration now = event.time - begin_;
  const Reason why = reason_in(field(event, "reply"));
  if (event.name == "recipient.delivered") {
    account_.attempted(number);
    account_.ended(number, Fate::delivered, now);
  } else if (event.name == "recipient.deferred") {
    account_.attempted(number);
    account_.deferred(number, why);
  } else if (field(event, "expired").empty()) {
    account_.attempted(number);
    account_.bounced(number, why);
    account_.ended(number, Fate::bounced, now);
  } else {
    // Its time was over behind a backoff, or with a last attempt.
    if (!field(event, "remote").empty()) {
      account_.attempted(number);
      account_.deferred(number, why);
    }
    account_.ended(number, Fate::expired, now);
  }
}

}  // namespace simulate::wire
