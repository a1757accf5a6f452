// See api.h. DKIM keys: list, generate, rotate, remove.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "admin/api.h"
#include "admin/json.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "lib/io/task_group.h"
#include "lib/message/address.h"

namespace admin {
namespace {

using boost::json::array;
using boost::json::object;

object key_json(const policy::KeyRecord& key, const SigningParts& signing) {
  object out = {{"domain", key.domain},
                {"selector", key.selector},
                {"type", std::string(to_string(key.type))},
                {"bits", key.bits},
                {"state", std::string(to_string(key.state))},
                {"name", key.dns_name()},
                {"record", key.public_text},
                {"created", base::format_time(key.created)}};
  if (key.activated != base::Time()) out["activated"] = base::format_time(key.activated);
  if (key.state == policy::KeyState::retired) {
    out["retired"] = base::format_time(key.retired);
    out["needed_until"] = base::format_time(key.retired + signing.settings.retire_after);
  }
  return out;
}

array keys_json(const std::vector<policy::KeyRecord>& keys, const SigningParts& signing) {
  array out;
  for (const policy::KeyRecord& key : keys) out.push_back(key_json(key, signing));
  return out;
}

object check_json(const policy::KeyCheck& check, const SigningParts& signing) {
  object out = key_json(check.key, signing);
  array servers;
  for (const policy::ServerAnswer& answer : check.servers) {
    servers.push_back({{"server", answer.server},
                       {"address", answer.address},
                       {"serves", std::string(to_string(answer.published.state))},
                       {"words", answer.published.words}});
  }
  out["servers"] = std::move(servers);
  out["problem"] = check.problem;
  return out;
}

std::string value_of(const http::Values& values, std::string_view key) {
  for (const auto& [name, value] : values) {
    if (name == key) return value;
  }
  return {};
}

bool flag_of(const object& body, std::string_view field) {
  const auto* value = body.if_contains({field.data(), field.size()});
  return value != nullptr && value->is_bool() && value->get_bool();
}

io::Task<void> check_one(policy::Rotation* rotation, policy::KeyCheck* check) {
  *check = co_await rotation->check(std::move(check->key));
}

// With check=true each name server is asked; of all keys at the same time.
io::Task<http::Response> list(Parts* parts, http::Request request) {
  const SigningParts& signing = parts->signing;
  const std::string domain = message::domain_key(value_of(request.query, "domain"));
  std::vector<policy::KeyCheck> checks;
  for (const policy::KeyRecord& key : signing.keys->ring()->records()) {
    if (domain.empty() || key.domain == domain) {
      checks.push_back({.key = key, .servers = {}, .problem = {}});
    }
  }
  if (checks.size() > list_max) checks.resize(list_max);
  const bool asks = value_of(request.query, "check") == "true";
  constexpr std::size_t asked_max = 200;  // at once: each costs connections
  if (asks && checks.size() > asked_max) {
    co_return error_response(
        {.kind = base::ErrorKind::limit,
         .detail = fmt::format("more than {} keys: ask for one domain", asked_max)});
  }
  if (asks) {
    io::TaskGroup asking(co_await io::current_scope());
    for (policy::KeyCheck& check : checks) asking.spawn(check_one(signing.rotation, &check));
    co_await asking.join();
  }
  std::ranges::sort(checks, {}, [](const policy::KeyCheck& check) {
    return std::tuple(check.key.domain, check.key.state, check.key.selector);
  });
  array keys;
  for (const policy::KeyCheck& check : checks) {
    keys.push_back(asks ? check_json(check, signing) : key_json(check.key, signing));
  }
  const object out = {{"keys", std::move(keys)}, {"trouble", signing.keys->ring()->trouble()}};
  co_return http::json_response(200, boost::json::serialize(out));
}

base::Result<std::vector<mailauth::KeyType>> types_of(const std::optional<std::string>& word) {
  using mailauth::KeyType;
  if (!word || *word == "both") return std::vector{KeyType::rsa, KeyType::ed25519};
  if (*word == "rsa") return std::vector{KeyType::rsa};
  if (*word == "ed25519") return std::vector{KeyType::ed25519};
  return base::fail(base::ErrorKind::invalid, "type is rsa, ed25519 or both");
}

base::Result<policy::NewKeys> wanted_of(const object& body, const SigningParts& signing) {
  const auto domain = text_of(body, "domain");
  if (!domain) return std::unexpected(domain.error());
  const auto selector = text_if(body, "selector");
  if (!selector) return std::unexpected(selector.error());
  const auto type = text_if(body, "type");
  if (!type) return std::unexpected(type.error());
  const auto bits = number_if(body, "bits");
  if (!bits) return std::unexpected(bits.error());
  auto types = types_of(*type);
  if (!types) return std::unexpected(types.error());
  policy::NewKeys wanted{.domain = message::domain_key(*domain),
                         .selector = selector->value_or(""),
                         .types = std::move(*types),
                         .rsa_bits = signing.settings.rsa_bits};
  if (*bits) {
    wanted.rsa_bits =
        static_cast<unsigned>(std::min<std::uint64_t>(**bits, mailauth::rsa_bits_max + 1));
  }
  if (!signing.is_ours(wanted.domain)) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("{0} is not a domain of ours: `stagepost domain add {0}` first",
                                  wanted.domain));
  }
  return wanted;
}

io::Task<http::Response> generate(Parts* parts, http::Request request) {
  const auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto wanted = wanted_of(*body, parts->signing);
  if (!wanted) co_return error_response(wanted.error());
  const auto made = co_await io::on_pool(
      parts->doors.pool, [keys = parts->signing.keys, wanted = std::move(*wanted),
                          now = parts->doors.clock.wall()] { return keys->generate(wanted, now); });
  if (!made) co_return error_response(made.error());
  const object out = {{"keys", keys_json(*made, parts->signing)}};
  co_return http::json_response(200, boost::json::serialize(out));
}

io::Task<http::Response> rotate(Parts* parts, http::Request request) {
  const SigningParts& signing = parts->signing;
  const auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  const auto domain = text_of(*body, "domain");
  if (!domain) co_return error_response(domain.error());
  const auto rotated = co_await signing.rotation->rotate(
      message::domain_key(*domain), signing.settings.rsa_bits, flag_of(*body, "force"));
  if (!rotated) co_return error_response(rotated.error());
  array waiting;
  for (const policy::KeyCheck& check : rotated->checks) {
    waiting.push_back(check_json(check, signing));
  }
  const object out = {{"generated", keys_json(rotated->generated, signing)},
                      {"activated", keys_json(rotated->switched.activated, signing)},
                      {"retired", keys_json(rotated->switched.retired, signing)},
                      {"waiting", std::move(waiting)}};
  co_return http::json_response(200, boost::json::serialize(out));
}

io::Task<http::Response> remove(Parts* parts, http::Request request) {
  const auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  const auto domain = text_of(*body, "domain");
  if (!domain) co_return error_response(domain.error());
  const auto selector = text_of(*body, "selector");
  if (!selector) co_return error_response(selector.error());
  const auto removed = co_await io::on_pool(
      parts->doors.pool,
      [keys = parts->signing.keys, domain = message::domain_key(*domain), selector = *selector,
       forced = flag_of(*body, "force")] { return keys->remove(domain, selector, forced); });
  if (!removed) co_return error_response(removed.error());
  const object out = {{"removed", key_json(*removed, parts->signing)}};
  co_return http::json_response(200, boost::json::serialize(out));
}

}  // namespace

void add_dkim_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/dkim",
             [&parts](http::Request request) { return list(&parts, std::move(request)); });
  router.add("POST", "/api/v1/dkim/generate",
             [&parts](http::Request request) { return generate(&parts, std::move(request)); });
  router.add("POST", "/api/v1/dkim/rotate",
             [&parts](http::Request request) { return rotate(&parts, std::move(request)); });
  router.add("POST", "/api/v1/dkim/remove",
             [&parts](http::Request request) { return remove(&parts, std::move(request)); });
}

}  // namespace admin
