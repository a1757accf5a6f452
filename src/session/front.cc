// See front.h.
#include "session/front.h"

#include <fmt/format.h>

#include "lib/io/deadline.h"
#include "session/silent_stream.h"

namespace session {
namespace {

constexpr base::Duration accept_pause = std::chrono::milliseconds(100);  // out of descriptors
constexpr base::Duration refusal_timeout = std::chrono::seconds(2);

}  // namespace

Front::Front(Parts parts, std::shared_ptr<const Settings> settings,
             std::shared_ptr<io::TlsServer> tls)
    : parts_(parts.doors, parts.queue, parts.directory, parts.policy, parts.authenticator,
             parts.events, parts.ids, parts.counters),
      settings_(std::move(settings)),
      tls_(std::move(tls)) {}

base::Result<> Front::listen(bool share_port) {
  for (const ListenerSetting& setting : settings_->listeners) {
    auto listener = parts_.doors.network.listen(setting.at, {.share_port = share_port});
    if (!listener) {
      return base::fail(listener.error().kind,
                        fmt::format("listener \"{}\" cannot listen on {}: {}", setting.name,
                                    setting.at.text(), listener.error().detail));
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
  api.name = "api";
  api.role = Role::submission;
  auto stream = std::make_unique<SilentStream>(mail.way.peer);
  Session session(parts_, {settings_, std::move(api), tls_}, std::move(stream));
  co_return co_await session.submit(std::move(mail));
}

io::Task<void> Front::accept_all(std::size_t door) {
  for (;;) {
    auto stream = co_await doors_[door].listener->accept();
    if (stream) {
      const bool welcome = admit((*stream)->peer().address);
      sessions_.spawn(welcome ? converse(door, std::move(*stream)) : refuse(std::move(*stream)));
      continue;
    }
    if (stream.error().kind == base::ErrorKind::cancelled) co_return;
    if (!co_await io::sleep_for(parts_.doors.clock, accept_pause)) co_return;
  }
}

io::Task<void> Front::converse(std::size_t door, std::unique_ptr<io::Stream> stream) {
  const io::IpAddress address = stream->peer().address;
  ++per_address_[address];
  {
    Session session(parts_, {settings_, doors_[door].setting, tls_}, std::move(stream));
    co_await session.run();
  }
  if (--per_address_[address] == 0) per_address_.erase(address);
}

io::Task<void> Front::refuse(std::unique_ptr<io::Stream> stream) {
  parts_.counters.connections_refused.add();
  const std::string words =
      smtp::reply(421, {4, 7, 0}, settings_->hostname + " has too many connections; try later")
          .wire();
  (void)co_await io::with_timeout(parts_.doors.clock, refusal_timeout, stream->write(words));
}

bool Front::admit(const io::IpAddress& address) {
  if (sessions_.running() >= settings_->connections_max) return false;
  const auto at = per_address_.find(address);
  return at == per_address_.end() || at->second < settings_->connections_per_address_max;
}

}  // namespace session
