// See api.h. The certificate: what it is, ordering it, renewing it.
#include "admin/api.h"
#include "admin/json.h"

namespace admin {
namespace {

using boost::json::array;
using boost::json::object;

array texts(const std::vector<std::string>& from) {
  array out;
  for (const std::string& one : from) out.emplace_back(one);
  return out;
}

void add_time(object& out, std::string_view name, base::Time time) {
  if (time != base::Time()) out[{name.data(), name.size()}] = base::format_time(time);
}

object facts_json(const io::Certificate& facts) {
  return {{"names", texts(facts.names)},
          {"issuer", facts.issuer},
          {"self_signed", facts.self_signed},
          {"not_before", base::format_time(facts.not_before)},
          {"not_after", base::format_time(facts.not_after)},
          {"serial", facts.serial}};
}

object orders_json(const CertificateState& state) {
  object out = {{"directory_url", state.directory_url},
                {"challenge", state.challenge},
                {"busy", state.busy},
                {"key_waits", state.rollover},
                {"failures", state.failures}};
  add_time(out, "renew_at", state.renew_at);
  if (state.failures == 0) return out;
  out["failure"] = state.failure;
  add_time(out, "failed_at", state.failed_at);
  add_time(out, "retry_at", state.retry_at);
  return out;
}

object state_json(const CertificateState& state) {
  object out = {{"source", state.source},
                {"path", state.path},
                {"problem", state.problem},
                {"certificate", facts_json(state.facts)}};
  array records;
  for (const TlsaLine& line : state.tlsa) {
    object record = {{"name", line.name}, {"data", line.data}, {"key", line.whose}};
    if (!line.published.empty()) record["published"] = line.published;
    records.push_back(std::move(record));
  }
  out["tlsa"] = std::move(records);
  if (state.orders) out["orders"] = orders_json(state);
  return out;
}

io::Task<http::Response> show(Parts* parts, bool ask_dns, bool ordered) {
  const auto state = co_await parts->certificates->state(ask_dns);
  if (!state) co_return error_response(state.error());
  object out = state_json(*state);
  out["ordered"] = ordered;
  co_return http::json_response(200, boost::json::serialize(out));
}

bool flag_of(const object& body, std::string_view field) {
  const auto* value = body.if_contains({field.data(), field.size()});
  return value != nullptr && value->is_bool() && value->get_bool();
}

io::Task<http::Response> order(Parts* parts, http::Request request, bool only_if_due) {
  object body;
  if (!request.body.empty()) {
    auto parsed = parse_object(request.body);
    if (!parsed) co_return error_response(parsed.error());
    body = std::move(*parsed);
  }
  const auto ordered = co_await parts->certificates->order({.only_if_due = only_if_due,
                                                            .new_key = flag_of(body, "new_key"),
                                                            .force = flag_of(body, "force")});
  if (!ordered) co_return error_response(ordered.error());
  co_return co_await show(parts, false, *ordered);
}

}  // namespace

void add_certificate_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/certificate", [&parts](const http::Request& request) {
    return show(&parts, request.query.contains("check"), false);
  });
  router.add("POST", "/api/v1/certificate/order",
             [&parts](http::Request request) { return order(&parts, std::move(request), false); });
  router.add("POST", "/api/v1/certificate/renew",
             [&parts](http::Request request) { return order(&parts, std::move(request), true); });
}

}  // namespace admin
