// See api.h. DNS records of a domain: the list, what is published, publishing it.
#include <algorithm>

#include "admin/api.h"
#include "admin/json.h"
#include "admin/records/publisher.h"
#include "lib/dns/record_text.h"
#include "lib/dns/tsig_key.h"
#include "lib/message/address.h"

namespace admin {
namespace {

using boost::json::array;
using boost::json::object;

std::string query_text(const http::Request& request, std::string_view key) {
  const auto at = request.query.find(key);
  return at == request.query.end() ? std::string() : at->second;
}

object row_json(const records::Row& row, bool asked) {
  object out = {
      {"name", row.record.name},         {"type", dns::to_string(row.record.type)},
      {"data", row.record.text()},       {"value", row.record.form_text()},
      {"why", row.record.why},           {"zone_line", row.record.zone_line()},
      {"of_host", row.record.of_host()}, {"rented", row.record.slot == records::Slot::ptr}};
  if (!asked) return out;
  out["state"] = std::string(records::to_string(row.state));
  out["words"] = row.words;
  return out;
}

array rows_json(const std::vector<records::Row>& rows, bool asked) {
  array out;
  for (const records::Row& row : rows) out.push_back(row_json(row, asked));
  return out;
}

object sheet_json(const records::Sheet& sheet, bool asked) {
  array addresses;
  for (const io::IpAddress& address : sheet.addresses) addresses.emplace_back(address.text());
  object out = {{"domain", sheet.domain},
                {"host", sheet.hostname},
                {"addresses", std::move(addresses)},
                {"mta_sts_policy", sheet.mta_sts_policy},
                {"records", rows_json(sheet.rows, asked)}};
  if (asked) {
    out["well"] = std::ranges::all_of(
        sheet.rows, [](const records::Row& row) { return records::is_well(row.state); });
  }
  return out;
}

std::string_view word_of(dns::Change::Kind kind) {
  switch (kind) {
    case dns::Change::Kind::add: return "add";
    case dns::Change::Kind::remove: return "remove";
    case dns::Change::Kind::remove_set: break;
  }
  return "remove-all";
}

object zone_json(const records::ZoneChanges& zone) {
  array changes;
  for (const dns::Change& change : zone.changes) {
    const bool all = change.kind == dns::Change::Kind::remove_set;
    changes.push_back(object{{"do", word_of(change.kind)},
                             {"name", change.name},
                             {"type", dns::to_string(change.type)},
                             {"data", all ? "" : dns::data_text(change.type, change.record)}});
  }
  return {{"zone", zone.zone.empty() ? "." : zone.zone},
          {"changes", std::move(changes)},
          {"trouble", zone.trouble}};
}

io::Task<http::Response> show(Parts* parts, http::Request request) {
  const std::string domain = query_text(request, "domain");
  if (!message::is_domain(domain, {.utf8 = true})) {
    co_return error_response({base::ErrorKind::invalid, "\"" + domain + "\" is not a domain name"});
  }
  const bool ask = request.query.contains("check");
  const auto sheet = co_await parts->publisher->look(domain, ask);
  if (!sheet) co_return error_response(sheet.error());
  co_return http::json_response(200, boost::json::serialize(sheet_json(*sheet, ask)));
}

base::Result<records::PublishWish> wish_of(const object& body) {
  auto domain = text_of(body, "domain");
  if (!domain) return std::unexpected(domain.error());
  const auto server = text_if(body, "server");
  const auto key = text_if(body, "key");
  if (!server) return std::unexpected(server.error());
  if (!key) return std::unexpected(key.error());
  records::PublishWish wish{.domain = std::move(*domain), .server = server->value_or("")};
  if (*key) {
    auto parsed = dns::parse_tsig_key(**key);
    if (!parsed) return base::fail(parsed.error().kind, "the key: " + parsed.error().detail);
    wish.key = std::move(*parsed);
  }
  const auto flag = [&body](std::string_view field) {
    const auto* value = body.if_contains({field.data(), field.size()});
    return value != nullptr && value->is_bool() && value->get_bool();
  };
  wish.replace = flag("replace");
  wish.dry_run = flag("dry_run");
  return wish;
}

// Keys that the whole DNS serves now sign from now on; the others wait.
io::Task<array> use_served_keys(Parts* parts, std::string domain) {
  array out;
  const SigningParts& signing = parts->signing;
  if (signing.keys == nullptr || signing.rotation == nullptr) co_return out;
  const auto ring = signing.keys->ring();
  const bool waits = std::ranges::any_of(ring->records(), [&](const policy::KeyRecord& key) {
    return key.domain == domain && key.state == policy::KeyState::pending;
  });
  if (!waits) co_return out;
  const auto rotated = co_await signing.rotation->rotate(domain, signing.settings.rsa_bits, false);
  if (!rotated) co_return out;  // it is tried again by itself, and told then
  for (const policy::KeyRecord& key : rotated->switched.activated) {
    out.emplace_back(key.dns_name());
  }
  co_return out;
}

io::Task<http::Response> publish(Parts* parts, http::Request request) {
  const auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto wish = wish_of(*body);
  if (!wish) co_return error_response(wish.error());
  const bool dry_run = wish->dry_run;
  const auto published = co_await parts->publisher->publish(std::move(*wish));
  if (!published) co_return error_response(published.error());
  array activated;
  if (!dry_run) activated = co_await use_served_keys(parts, published->after.domain);
  array zones;
  for (const records::ZoneChanges& zone : published->zones) zones.push_back(zone_json(zone));
  const object out = {{"zones", std::move(zones)},
                      {"left", rows_json(published->left, true)},
                      {"activated", std::move(activated)},
                      {"after", sheet_json(published->after, true)}};
  co_return http::json_response(200, boost::json::serialize(out));
}

}  // namespace

void add_dns_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/dns",
             [&parts](http::Request request) { return show(&parts, std::move(request)); });
  router.add("POST", "/api/v1/dns/publish",
             [&parts](http::Request request) { return publish(&parts, std::move(request)); });
}

}  // namespace admin
