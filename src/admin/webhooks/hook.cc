// See hook.h.
#include "admin/webhooks/hook.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "lib/base/text.h"
#include "lib/io/digest.h"
#include "lib/message/address.h"
#include "trace/line.h"

namespace webhooks {
namespace {

struct EventName {
  std::string_view event;  // of the trace
  std::string_view type;   // as it is told
  Kind kind;
};
constexpr std::array event_names = {
    EventName{"message.accepted", "message.accepted", Kind::accepted},
    EventName{"recipient.delivered", "message.delivered", Kind::delivered},
    EventName{"recipient.deferred", "message.deferred", Kind::deferred},
    EventName{"recipient.failed", "message.failed", Kind::failed},
    EventName{"message.held", "message.held", Kind::held},
    EventName{"report.received", "report.received", Kind::report},
};
constexpr std::size_t id_digits = 32;  // 128 bits of the hash

const EventName* find_name(std::string_view event) {
  const auto* const found = std::ranges::find(event_names, event, &EventName::event);
  return found == event_names.end() ? nullptr : found;
}

std::string id_of(const trace::StoredEvent& event) {
  const std::string all = fmt::format("{}\n{}\n{}\n{}", event.time.time_since_epoch().count(),
                                      event.name, event.message.value, event.field("to"));
  return "evt_" + base::hex(io::sha256(all)).substr(0, id_digits);
}

// "a@x.test, b@y.test and 3 more"
void add_domains(std::string_view addresses, std::vector<std::string>& out) {
  for (const std::string_view part : base::split(addresses, ',')) {
    std::string_view one = base::trim(part);
    one = one.substr(0, one.find(' '));
    const std::size_t at = one.rfind('@');
    if (at != std::string_view::npos) out.push_back(message::domain_key(one.substr(at + 1)));
  }
}

std::string body_of(const trace::StoredEvent& event, std::string_view type) {
  boost::json::object data;
  if (event.message) data["message"] = event.message.text();
  for (const auto& [key, value] : event.fields) {
    if (!data.contains(key)) data[key] = trace::escaped(value);
  }
  return boost::json::serialize(boost::json::object{
      {"type", type}, {"timestamp", base::format_time(event.time)}, {"data", std::move(data)}});
}

}  // namespace

std::string_view to_string(Kind kind) { return kind_names.at(static_cast<std::size_t>(kind)); }

std::optional<Kind> parse_kind(std::string_view text) {
  const auto* const found = std::ranges::find(kind_names, text);
  if (found == kind_names.end()) return std::nullopt;
  return static_cast<Kind>(found - kind_names.begin());
}

std::optional<Kind> kind_of(std::string_view event_name) {
  const EventName* name = find_name(event_name);
  if (name == nullptr) return std::nullopt;
  return name->kind;
}

std::optional<Happening> happening_of(const trace::StoredEvent& event) {
  const EventName* name = find_name(event.name);
  if (name == nullptr) return std::nullopt;
  Happening out;
  out.id = id_of(event);
  out.kind = name->kind;
  if (event.message) out.message = event.message.text();
  out.account = event.field("account");
  add_domains(event.field("from"), out.domains);
  add_domains(event.field("to"), out.domains);
  if (const auto domain = event.field("domain"); !domain.empty()) {
    out.domains.push_back(message::domain_key(domain));
  }
  out.body = body_of(event, name->type);
  return out;
}

bool matches(const Hook& hook, const Happening& happening) {
  if (!hook.kinds.empty() && std::ranges::find(hook.kinds, happening.kind) == hook.kinds.end()) {
    return false;
  }
  if (!hook.account.empty() && hook.account != happening.account) return false;
  return hook.domain.empty() ||
         std::ranges::find(happening.domains, hook.domain) != happening.domains.end();
}

}  // namespace webhooks
