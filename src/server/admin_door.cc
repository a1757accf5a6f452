// See admin_door.h.
#include "server/admin_door.h"

namespace server {
namespace {

constexpr std::size_t control_body_bytes_max = 64U << 20U;  // a message for `stagepost send`

admin::Parts admin_parts(Doors doors, AllQueues& queues, LocalInjector& injector,
                         SharedParts& shared) {
  return {.doors = doors.io,
          .queues = queues,
          .injector = injector,
          .directory = *shared.admin_store,
          .directory_changed = [&shared] { return shared.reload_directory(); },
          .trace = *shared.trace,
          .metrics = shared.metrics};
}

http::ServerLimits limits_of(const admin::Settings& settings, std::size_t body_bytes_max) {
  http::ServerLimits limits;
  limits.connections_max = settings.connections_max;
  limits.message.body_bytes_max = body_bytes_max;
  return limits;
}

}  // namespace

AdminDoor::AdminDoor(Doors doors, const config::Config& config, SharedParts& shared,
                     const std::vector<Assembly*>& assemblies)
    : doors_(doors),
      settings_(config.admin),
      queues_(doors.io.loop, assemblies),
      injector_(doors, *assemblies.front(), *shared.directory, *shared.events, config.session),
      api_(admin_parts(doors, queues_, injector_, shared)),
      public_api_(admin_parts(doors, queues_, injector_, shared)),
      control_(doors.io, api_, limits_of(settings_, control_body_bytes_max)),
      public_(doors.io, public_api_, limits_of(settings_, settings_.body_bytes_max)) {}

base::Result<> AdminDoor::open() {
  auto control = doors_.io.network.listen_unix(settings_.socket_path, 0600);
  if (!control) return std::unexpected(std::move(control.error()));
  listeners_.push_back(std::move(*control));
  serving_.spawn(control_.serve(*listeners_.back()));
  for (const io::Endpoint& at : settings_.http) {
    auto listener = doors_.io.network.listen(at, {});
    if (!listener) {
      return base::fail(listener.error().kind,
                        "[http] cannot listen on " + at.text() + ": " + listener.error().detail);
    }
    listeners_.push_back(std::move(*listener));
    serving_.spawn(public_.serve(*listeners_.back()));
  }
  return {};
}

io::Task<void> AdminDoor::stop() {
  co_await serving_.stop();
  listeners_.clear();
}

}  // namespace server
