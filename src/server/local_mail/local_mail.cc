// See local_mail.h.
#include "server/local_mail/local_mail.h"

#include <algorithm>

#include "lib/io/network.h"
#include "lib/io/real/user_names.h"

namespace local_mail {
namespace {

constexpr unsigned everybody = 0666;

std::uint64_t letter_bytes_max(const config::Config& config) {
  return config.session.message_bytes_max + head_bytes_max;
}

http::ServerLimits limits_of(const config::Config& config) {
  http::ServerLimits limits;
  limits.connections_max = config.admin.connections_max;
  limits.message.body_bytes_max = letter_bytes_max(config);
  limits.bodies_bytes_max = std::max<std::size_t>(
      limits.bodies_bytes_max, static_cast<std::size_t>(letter_bytes_max(config)));
  return limits;
}

}  // namespace

Settings settings_of(const config::Config& config) {
  Settings out;
  out.folder = folder_in(config.server.home);
  return out;
}

LocalMail::LocalMail(io::Doors doors, const config::Config& config, server::SharedParts& shared,
                     const std::vector<server::Assembly*>& assemblies)
    : doors_(doors),
      settings_(settings_of(config)),
      session_settings_(std::make_shared<session::Settings>(config.session)),
      queues_(doors.loop, assemblies),
      report_(doors.clock, assemblies.front()->queue(), assemblies.front()->notifier()),
      intake_({.doors = doors,
               .directory = *shared.directory,
               .front =
                   [this, &shared, assembly = assemblies.front()](directory::Directory& known) {
                     // Its parts cannot be moved, so that make_unique cannot hand them on.
                     return std::unique_ptr<session::Submitter>(new session::Front(
                         session::Parts(doors_, assembly->queue(), known, assembly->policy(),
                                        assembly->authenticator(), *shared.events, assembly->ids(),
                                        session::Counters(shared.metrics)),
                         session_settings_, nullptr));
                   },
               .keys = *shared.idempotency_keys,
               .settings = settings_,
               .hostname = config.session.hostname}),
      door_({.clock = doors.clock,
             .intake = intake_,
             .report = report_,
             .queues = queues_,
             .server_user = io::real::own_user()}),
      collector_({.doors = doors,
                  .intake = intake_,
                  .report = report_,
                  .events = *shared.events,
                  .metrics = shared.metrics,
                  .box = io::real::DropBox(settings_.drop_folder()),
                  .settings = settings_,
                  .letter_bytes_max = letter_bytes_max(config),
                  .expire_after = config.queue.expire_after}),
      server_(doors, door_.handler(), limits_of(config)) {}

base::Result<> LocalMail::open() {
  if (auto made = io::real::DropBox(settings_.drop_folder()).open_to_all(); !made) {
    return base::fail(made.error().kind, "sendmail has no drop folder: " + made.error().detail);
  }
  auto listener = doors_.network.listen_unix(settings_.socket_path(), everybody);
  if (!listener) {
    return base::fail(listener.error().kind, "sendmail cannot be listened to on " +
                                                 settings_.socket_path() + ": " +
                                                 listener.error().detail);
  }
  listener_ = std::move(*listener);
  tasks_.spawn(server_.serve(*listener_));
  tasks_.spawn(collector_.run());
  return {};
}

io::Task<void> LocalMail::stop() {
  co_await tasks_.stop();
  listener_.reset();
}

}  // namespace local_mail
