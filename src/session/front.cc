// See front.h.
#include "session/front.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/io/deadline.h"
#include "lib/io/proxied_stream.h"
#include "session/idle_scope.h"
#include "session/silent_stream.h"

namespace session {
namespace {

constexpr base::Duration accept_pause = std::chrono::milliseconds(100);  // out of descriptors
constexpr base::Duration refusal_timeout = std::chrono::seconds(2);

smtp::Reply too_many(const std::string& hostname) {
  return smtp::reply(421, {4, 7, 0}, hostname + " has too many connections; try later");
}

smtp::Reply not_listed(const std::string& hostname, const io::IpAddress& address) {
  return smtp::reply(554, {5, 7, 0},
                     fmt::format("{} takes connections from listed addresses only; {} is none",
                                 hostname, address.text()));
}

bool contains(const std::vector<io::IpNetwork>& networks, const io::IpAddress& address) {
  return std::ranges::any_of(
      networks, [&address](const io::IpNetwork& network) { return network.contains(address); });
}

smtp::Reply wants_proxy_header(const std::string& hostname) {
  return smtp::reply(421, {4, 7, 0},
                     hostname + " expects a PROXY header from this address before anything else");
}

}  // namespace

Front::Front(Parts parts, std::shared_ptr<const Settings> settings,
             std::shared_ptr<io::TlsServer> tls)
    : parts_(parts.doors, parts.queue, parts.directory, parts.policy, parts.authenticator,
             parts.events, parts.ids, parts.counters),
      settings_(std::move(settings)),
      tls_(std::move(tls)) {}

base::Result<> Front::listen(Seat seat) {
  for (const ListenerSetting& setting : settings_->listeners) {
    const bool is_unix = !setting.socket_path.empty();
    if (is_unix && !seat.first) continue;
    io::Network& network = parts_.doors.network;
    auto listener = is_unix ? network.listen_unix(setting.socket_path, setting.socket_mode)
                            : network.listen(setting.at, {.share_port = seat.share_port});
    if (!listener) {
      return base::fail(listener.error().kind,
                        fmt::format("listener \"{}\" cannot listen on {}: {}", setting.name,
                                    setting.place(), listener.error().detail));
    }
    doors_.push_back({setting, std::move(*listener)});
  }
  return {};
}

void Front::start() {
  for (std::size_t i = 0; i < doors_.size(); ++i) accepting_.spawn(accept_all(i));
}

void Front::set_rules(std::shared_ptr<const Settings> settings,
                      std::shared_ptr<io::TlsServer> tls) {
  settings_ = std::move(settings);
  tls_ = std::move(tls);
  for (Door& door : doors_) {
    const auto same =
        std::ranges::find(settings_->listeners, door.setting.place(), &ListenerSetting::place);
    if (same != settings_->listeners.end()) door.setting = *same;
  }
}

std::vector<io::Endpoint> Front::listening() const {
  std::vector<io::Endpoint> out;
  out.reserve(doors_.size());
  for (const Door& door : doors_) out.push_back(door.listener->local());
  return out;
}

io::Task<void> Front::stop() {
  co_await accepting_.stop();
  doors_.clear();
  parts_.closing.cancel();
  io::Clock& clock = parts_.doors.clock;
  const base::Instant until = clock.now() + settings_->stop_grace;
  while (sessions_.running() > 0 && clock.now() < until) {
    if (!co_await io::sleep_for(clock, std::chrono::milliseconds(20))) break;
  }
  co_await sessions_.stop();
}

io::Task<Submitted> Front::submit(Submission mail) {
  ListenerSetting api;
  // No connection of the network has port 0: a user of this host.
  const bool local = mail.way.peer.port == 0 && mail.way.program == "sendmail";
  api.name = local ? "sendmail" : "api";
  api.role = Role::submission;
  auto stream = std::make_unique<SilentStream>(mail.way.peer);
  Session session(parts_, {settings_, std::move(api), tls_}, std::move(stream));
  co_return co_await session.submit(std::move(mail));
}

io::Task<void> Front::accept_all(std::size_t door) {
  for (;;) {
    auto stream = co_await doors_[door].listener->accept();
    if (stream) {
      receive(door, std::move(*stream));
      continue;
    }
    if (stream.error().kind == base::ErrorKind::cancelled) co_return;
    if (!co_await io::sleep_for(parts_.doors.clock, accept_pause)) co_return;
  }
}

void Front::receive(std::size_t door, std::unique_ptr<io::Stream> stream) {
  if (sessions_.running() >= settings_->connections_max) {
    parts_.counters.connections_refused.add();
    sessions_.spawn(refuse(std::move(stream), too_many(settings_->hostname)));
    return;
  }
  const io::IpAddress from = stream->peer().address;
  const bool is_proxy = contains(doors_[door].setting.proxies, from);
  if (is_proxy) {
    sessions_.spawn(meet_proxy(door, std::move(stream)));
  } else {
    admit(door, {.stream = std::move(stream), .proxy = std::nullopt});
  }
}

// All that is decided by a client's address is decided by the one that the proxy says. Nothing of
// the connection is read before, not even TLS.
io::Task<void> Front::meet_proxy(std::size_t door, std::unique_ptr<io::Stream> stream) {
  Proxy proxy{.at = stream->peer()};
  IdleScope idle(co_await io::current_scope(), &parts_.closing);
  auto reading = io::with_timeout(parts_.doors.clock, settings_->proxy_timeout,
                                  io::read_proxy_header(*stream));
  reading.set_scope(idle.scope());
  auto greeting = co_await std::move(reading);
  if (parts_.closing.cancelled()) co_return;  // and the doors are gone
  if (!greeting) {
    tell_proxy_refused(door, proxy.at, greeting.error());
    const bool readable = doors_[door].setting.tls != Tls::implicit;
    if (readable) co_await refuse(std::move(stream), wants_proxy_header(settings_->hostname));
    co_return;
  }
  proxy.client_unknown = greeting->header.client == io::ProxyHeader::Client::unknown;
  auto client = std::make_unique<io::ProxiedStream>(std::move(stream), std::move(*greeting));
  admit(door, {.stream = std::move(client), .proxy = proxy});
}

// A proxy that looks whether we are there may well only connect and go away.
void Front::tell_proxy_refused(std::size_t door, const io::Endpoint& proxy,
                               const base::Error& error) {
  if (error.kind == base::ErrorKind::closed || error.kind == base::ErrorKind::reset) return;
  parts_.counters.proxies_refused.add();
  base::Event told{.severity = base::Severity::warning,
                   .name = "session.proxy_refused",
                   .time = parts_.doors.clock.wall(),
                   .session = {},
                   .message = {},
                   .fields = {}};
  told.fields.emplace_back("peer", proxy.text());
  told.fields.emplace_back("listener", doors_[door].setting.name);
  told.fields.emplace_back("why",
                           "the listener's proxy_protocol names it, and it did not begin "
                           "with a good PROXY header: " +
                               error.text());
  parts_.events.emit(told);
}

bool Front::is_welcome(std::size_t door, const io::IpAddress& address) const {
  const ListenerSetting& setting = doors_[door].setting;
  return setting.clients.empty() || contains(setting.clients, address);
}

void Front::admit(std::size_t door, Arrival arrival) {
  const io::IpAddress address = arrival.stream->peer().address;
  // Who comes over a unix socket has no address; its mode says who may.
  if (!doors_[door].setting.socket_path.empty()) {
    sessions_.spawn(converse(door, std::move(arrival), Crowd::Place()));
    return;
  }
  if (!is_welcome(door, address)) {
    parts_.counters.connections_refused.add();
    sessions_.spawn(refuse(std::move(arrival.stream), not_listed(settings_->hostname, address)));
    return;
  }
  auto place = parts_.crowd.enter(address, settings_->connections_per_address_max);
  if (!place) {
    parts_.counters.connections_refused.add();
    sessions_.spawn(refuse(std::move(arrival.stream), too_many(settings_->hostname)));
    return;
  }
  sessions_.spawn(converse(door, std::move(arrival), std::move(*place)));
}

io::Task<void> Front::converse(std::size_t door, Arrival arrival, Crowd::Place place) {
  Session session(parts_, {settings_, doors_[door].setting, tls_, arrival.proxy},
                  std::move(arrival.stream), std::move(place));
  co_await session.run();
}

io::Task<void> Front::refuse(std::unique_ptr<io::Stream> stream, smtp::Reply words) {
  const std::string wire = words.wire();
  (void)co_await io::with_timeout(parts_.doors.clock, refusal_timeout, stream->write(wire));
}

}  // namespace session
