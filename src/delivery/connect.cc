// See connect.h.
#include "delivery/connect.h"

#include <fmt/format.h>

#include <utility>

#include "delivery/login.h"
#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/io/network.h"

namespace delivery {
namespace {

bool demands(TlsDemand tls) { return tls == TlsDemand::required || tls == TlsDemand::verified; }

// A log-in goes over TLS, unless the route says that it need not.
TlsDemand demand_of(const Route& route) {
  if (route.user.empty() || demands(route.tls)) return route.tls;
  return route.plain_auth == PlainAuth::always ? route.tls : TlsDemand::required;
}

std::unexpected<Trouble> missing_tls(const Client& client, const Route& route,
                                     std::string_view why) {
  if (route.require_tls) {
    return std::unexpected(Trouble{
        .reply = smtp::reply(550, {5, 7, 10},
                             fmt::format("The sender requires TLS on all of the way (REQUIRETLS), "
                                         "but {} {}",
                                         client.where(), why)),
        .permanent = true,
        .tls = false,
        .detail = {}});
  }
  return std::unexpected(
      Trouble{.reply = smtp::reply(451, {4, 7, 4},
                                   fmt::format("TLS is required, but {} {}", client.where(), why)),
              .permanent = false,
              .tls = false,
              .detail = {}});
}

io::Task<Step<std::unique_ptr<Client>>> open_stream(io::Ref<Connector> connector, Target target,
                                                    io::Ref<const Route> route) {
  const Settings& settings = *connector->settings;
  if (!target.unix_path.empty()) {
    auto socket =
        co_await io::with_timeout(connector->doors.clock, settings.connect_timeout,
                                  connector->doors.network.connect_unix(target.unix_path));
    if (!socket) co_return std::unexpected(connect_trouble(target.text(), socket.error()));
    co_return std::make_unique<Client>(connector->doors.clock, std::move(*socket),
                                       std::move(target));
  }
  const bool v6 = target.endpoint.address.is_v6();
  auto source = v6 ? route->source_ipv6 : route->source_ipv4;
  if (!source) source = v6 ? settings.source_ipv6 : settings.source_ipv4;
  auto stream =
      co_await io::with_timeout(connector->doors.clock, settings.connect_timeout,
                                connector->doors.network.connect(target.endpoint, source));
  if (!stream) co_return std::unexpected(connect_trouble(target.text(), stream.error()));
  co_return std::make_unique<Client>(connector->doors.clock, std::move(*stream), std::move(target));
}

// EHLO in plain → EHLO under TLS, or in plain still when that is allowed.
io::Task<Step<>> secure(io::Ref<Connector> connector, io::Ref<Client> client,
                        io::Ref<const Route> route, TlsDemand demand) {
  const Settings& settings = *connector->settings;
  if (!client->offers.starttls) {
    if (demands(demand)) co_return missing_tls(*client, *route, "does not offer it");
    co_return Step<>{};
  }
  auto started = co_await start_tls(client, connector->tls, demand == TlsDemand::verified,
                                    settings.connect_timeout);
  if (!started) co_return std::unexpected(std::move(started.error()));
  if (!*started) {
    if (demands(demand)) co_return missing_tls(*client, *route, "refused STARTTLS");
    co_return Step<>{};
  }
  // RFC 3207 §4.2: say EHLO again, forget what was offered before.
  co_return co_await say_hello(client, {settings.hostname, settings.command_timeout});
}

// RFC 8689 §4.2.1: a verified server that does not offer REQUIRETLS promises nothing for its next
// hop.
Step<> keeps_tls(const Client& client, const Route& route) {
  const bool verified = client.tls() != nullptr && client.tls()->verified;
  if (verified && (client.offers.requiretls || route.is_report)) return {};
  return std::unexpected(Trouble{
      .reply = smtp::reply(550, {5, 7, 30},
                           fmt::format("The sender requires TLS on all of the way (REQUIRETLS), "
                                       "which {} does not offer",
                                       client.where())),
      .permanent = true,
      .tls = false,
      .detail = {}});
}

io::Task<Step<std::unique_ptr<Client>>> open_once(io::Ref<Connector> connector, Target target,
                                                  Route route, TlsDemand demand) {
  const Settings& settings = *connector->settings;
  auto opened = co_await open_stream(connector, std::move(target), route);
  if (!opened) co_return opened;
  Client& client = **opened;
  if (route.implicit_tls) {
    auto done = co_await handshake(client, connector->tls, demand == TlsDemand::verified,
                                   settings.connect_timeout);
    if (!done) co_return std::unexpected(std::move(done.error()));
  }
  auto step = co_await greet(client, settings.command_timeout);
  if (!step) co_return std::unexpected(std::move(step.error()));
  step = co_await say_hello(client, {settings.hostname, settings.command_timeout});
  if (step && !route.implicit_tls && demand != TlsDemand::none) {
    step = co_await secure(connector, client, route, demand);
  }
  if (step && route.require_tls) step = keeps_tls(client, route);
  if (step && !route.user.empty()) step = co_await log_in(client, connector, route);
  if (!step) co_return std::unexpected(std::move(step.error()));
  if (client.tls() != nullptr) connector->counters.tls_sessions.add();
  co_return opened;
}

}  // namespace

io::Task<Step<std::unique_ptr<Client>>> open_connection(io::Ref<Connector> connector, Target target,
                                                        Route route) {
  io::Clock& clock = connector->doors.clock;
  TlsDemand demand = demand_of(route);
  const bool may_fall_back = demand == TlsDemand::opportunistic && !route.implicit_tls;
  if (may_fall_back && connector->broken_tls.has(target, clock.now())) {
    demand = TlsDemand::none;
  }
  auto opened = co_await open_once(connector, target, route, demand);
  if (!opened && opened.error().tls && may_fall_back) {
    // RFC 7435: where encryption is only an offer, its failure must not stop the mail.
    connector->broken_tls.remember(target, clock.now());
    connector->counters.tls_fallbacks.add();
    opened = co_await open_once(connector, std::move(target), std::move(route), TlsDemand::none);
  }
  (opened ? connector->counters.connections_opened : connector->counters.connections_failed).add();
  co_return opened;
}

}  // namespace delivery
