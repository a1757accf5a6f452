// See order.h.
#include "lib/acme/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "lib/acme/problem.h"

namespace acme {
namespace {

using ClientRef = io::Ref<Client>;

base::Error refused(const std::optional<Problem>& problem, std::string_view name,
                    std::string_view challenge) {
  if (problem) return error_of(*problem, name, challenge);
  return {.kind = base::ErrorKind::invalid,
          .detail = fmt::format("{}: the authority refuses without a reason",
                                name.empty() ? "the order" : name)};
}

// Asks until the object is what we wait for; the caller's deadline ends it.
template <class T>
io::Task<base::Result<T>> poll(ClientRef client, std::string url,
                               base::Result<T> (*read)(std::string_view),
                               bool (*is_done)(const T&)) {
  base::Duration pause = pause_min;
  while (true) {
    const auto response = co_await client->post(url, {});
    if (!response) co_return std::unexpected(response.error());
    auto value = read(response->body);
    if (!value || is_done(*value)) co_return value;
    const base::Duration wait =
        std::clamp(client->retry_after().value_or(pause), pause_min, pause_max);
    if (auto slept = co_await io::sleep_for(client->clock(), wait); !slept) {
      co_return std::unexpected(std::move(slept.error()));
    }
    pause = std::min(pause * 2, pause_max);
  }
}

bool is_decided(const Authorization& authorization) {
  return authorization.status != Status::pending && authorization.status != Status::processing;
}

bool is_proved(const Order& order) { return order.status != Status::pending; }

bool is_issued(const Order& order) {
  return order.status == Status::valid || order.status == Status::invalid;
}

base::Result<Challenge> choose(const Authorization& authorization, std::string_view type) {
  std::string offered;
  for (const Challenge& one : authorization.challenges) {
    if (one.type == type && !one.token.empty() && !one.url.empty()) return one;
    offered += (offered.empty() ? "" : ", ") + one.type;
  }
  return base::fail(base::ErrorKind::unsupported,
                    fmt::format("{}{}: the authority does not offer {}, but {}; set acme.challenge "
                                "to one of these",
                                authorization.wildcard ? "*." : "", authorization.name, type,
                                offered.empty() ? "nothing" : offered));
}

io::Task<base::Result<>> prove(ClientRef client, std::string url, Challenge challenge) {
  const auto begun = co_await client->post(challenge.url, "{}");
  if (!begun) co_return std::unexpected(begun.error());
  const auto decided =
      co_await poll<Authorization>(client, std::move(url), read_authorization, is_decided);
  if (!decided) co_return std::unexpected(decided.error());
  if (decided->status == Status::valid) co_return base::Result<>();
  const auto tried = std::ranges::find(decided->challenges, challenge.type, &Challenge::type);
  co_return std::unexpected(
      refused(tried == decided->challenges.end() ? std::nullopt : tried->problem, decided->name,
              challenge.type));
}

io::Task<base::Result<>> authorize(ClientRef client, io::Ref<Solver> solver, std::string url,
                                   std::string* refused_name) {
  const auto response = co_await client->post(url, {});
  if (!response) co_return std::unexpected(response.error());
  const auto authorization = read_authorization(response->body);
  if (!authorization) co_return std::unexpected(authorization.error());
  if (authorization->status == Status::valid) co_return base::Result<>();  // proved lately
  auto challenge = choose(*authorization, solver->type());
  if (!challenge) co_return std::unexpected(std::move(challenge.error()));
  const Proof proof{.name = authorization->name,
                    .token = challenge->token,
                    .key_authorization = client->key().key_authorization(challenge->token)};
  base::Result<> result = co_await solver->prepare(proof);
  if (result) result = co_await prove(client, std::move(url), std::move(*challenge));
  co_await solver->clean(proof);
  if (!result && refused_name != nullptr) *refused_name = proof.name;
  co_return result;
}

std::string order_payload(const std::vector<std::string>& names) {
  boost::json::array identifiers;
  for (const std::string& name : names) {
    identifiers.push_back(boost::json::object{{"type", "dns"}, {"value", name}});
  }
  return boost::json::serialize(boost::json::object{{"identifiers", std::move(identifiers)}});
}

io::Task<base::Result<std::string>> fetch_chain(ClientRef client, std::string url) {
  auto response = co_await client->post(std::move(url), {});
  if (!response) co_return std::unexpected(std::move(response.error()));
  if (response->body.empty() || response->body.size() > chain_bytes_max) {
    co_return base::fail(base::ErrorKind::limit,
                         fmt::format("the authority's chain has {} octets, more than {} or none",
                                     response->body.size(), chain_bytes_max));
  }
  co_return std::move(response->body);
}

}  // namespace

io::Task<base::Result<std::string>> obtain(ClientRef client, io::Ref<Solver> solver,
                                           Wanted wanted) {
  const auto made =
      co_await client->post(client->directory().new_order, order_payload(wanted.names));
  if (!made) co_return std::unexpected(made.error());
  const std::string* location = made->headers.find("Location");
  if (location == nullptr || location->empty()) {
    co_return base::fail(base::ErrorKind::invalid, "the authority did not say the order's URL");
  }
  const std::string url = *location;
  auto order = read_order(made->body);
  if (!order) co_return std::unexpected(std::move(order.error()));
  for (const std::string& one : order->authorizations) {
    if (auto proved = co_await authorize(client, solver, one, wanted.refused); !proved) {
      co_return std::unexpected(std::move(proved.error()));
    }
  }
  order = co_await poll<Order>(client, url, read_order, is_proved);
  if (!order) co_return std::unexpected(std::move(order.error()));
  if (order->status == Status::invalid) co_return std::unexpected(refused(order->problem, {}, {}));
  const auto sent = co_await client->post(
      order->finalize,
      boost::json::serialize(boost::json::object{{"csr", base64url(wanted.request)}}));
  if (!sent) co_return std::unexpected(sent.error());
  order = co_await poll<Order>(client, url, read_order, is_issued);
  if (!order) co_return std::unexpected(std::move(order.error()));
  if (order->status == Status::invalid || order->certificate.empty()) {
    co_return std::unexpected(refused(order->problem, {}, {}));
  }
  co_return co_await fetch_chain(client, std::move(order->certificate));
}

}  // namespace acme
