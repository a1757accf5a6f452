// See sender.h.
#include "admin/webhooks/sender.h"

#include <fmt/format.h>

#include "admin/webhooks/places.h"
#include "admin/webhooks/signature.h"
#include "lib/http/client.h"
#include "lib/io/clock.h"
#include "lib/io/deadline.h"

namespace webhooks {
namespace {

constexpr std::size_t addresses_max = 4;

io::Task<base::Result<std::vector<io::IpAddress>>> addresses_of(io::Ref<dns::Resolver> resolver,
                                                                std::string host) {
  if (const auto literal = io::IpAddress::parse(host)) co_return std::vector{*literal};
  const dns::Answer answer = co_await dns::query_addresses(resolver, host);
  std::vector<io::IpAddress> out;
  out.reserve(answer.records.size());
  for (const dns::Record& record : answer.records) out.push_back(record.address);
  if (out.empty()) {
    co_return base::fail(base::ErrorKind::unreachable,
                         fmt::format("{}: {} {}", host, dns::to_string(answer.status), answer.why));
  }
  co_return out;
}

// What was looked up is what is checked and what is connected to: a name that leads elsewhere at
// the next look-up leads nowhere here.
io::Task<base::Result<http::Response>> ask(SenderParts parts, admin::WebhookSettings settings,
                                           Target target, http::Request request) {
  auto addresses = co_await addresses_of(parts.resolver, target.host);
  if (!addresses) co_return std::unexpected(std::move(addresses.error()));
  const auto own = parts.doors.network.own_addresses();
  base::Error last{.kind = base::ErrorKind::denied, .detail = "no address"};
  std::size_t tried = 0;
  for (const io::IpAddress& address : *addresses) {
    const io::Endpoint place{.address = address, .port = target.port};
    if (std::string why = why_not(place, settings, own); !why.empty()) {
      if (tried == 0) last = {.kind = base::ErrorKind::denied, .detail = std::move(why)};
      continue;
    }
    if (++tried > addresses_max) break;
    http::ClientOptions options;
    if (target.tls) options.tls = parts.tls;
    options.host = target.host;
    options.timeout = settings.timeout;
    options.limits.body_bytes_max = answer_bytes_max;
    auto response = co_await http::request(parts.doors, place, request, options);
    if (response || response.error().kind == base::ErrorKind::cancelled) co_return response;
    last = std::move(response.error());
    last.detail = fmt::format("{}: {}", place.text(), last.detail);
  }
  co_return std::unexpected(std::move(last));
}

http::Request request_of(const Hook& hook, const Posting& posting, const Target& target,
                         base::Time now) {
  http::Request request;
  request.method = "POST";
  request.target = target.target;
  request.headers.set("Content-Type", "application/json");
  request.headers.set("User-Agent", "Stagepost/" STAGEPOST_VERSION);
  std::vector<std::string> secrets = {hook.secret};
  if (!hook.old_secret.empty() && now < hook.old_until) secrets.push_back(hook.old_secret);
  sign(request.headers, secrets, {.id = posting.id, .body = posting.body, .now = now});
  request.body = posting.body;
  return request;
}

Answer judge(const base::Result<http::Response>& response) {
  if (!response) {
    return {.told = false, .hook_trouble = true, .status = 0, .why = response.error().text()};
  }
  const int status = response->status;
  Answer out{.told = status >= 200 && status < 300, .status = status, .why = {}};
  if (out.told) return out;
  out.hook_trouble = status >= 500 || status == 429;
  out.why = fmt::format("it answered {} {}", status, http::reason(status));
  if (status >= 300 && status < 400) out.why += "; redirects are not followed";
  return out;
}

}  // namespace

io::Task<Answer> post(SenderParts parts, admin::WebhookSettings settings, Hook hook,
                      Posting posting) {
  auto target = read_target(hook.url, settings);
  if (!target) {
    co_return Answer{
        .told = false, .hook_trouble = true, .status = 0, .why = target.error().detail};
  }
  http::Request request = request_of(hook, posting, *target, parts.doors.clock.wall());
  io::Clock& clock = parts.doors.clock;
  const base::Duration timeout = settings.timeout;
  const auto response = co_await io::with_timeout(
      clock, timeout,
      ask(std::move(parts), std::move(settings), std::move(*target), std::move(request)));
  co_return judge(response);
}

}  // namespace webhooks
