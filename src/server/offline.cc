// See offline.h.
#include "server/offline.h"

#include "admin/client_config.h"
#include "lib/io/clock.h"
#include "lib/io/real/files.h"
#include "lib/io/real/pool.h"
#include "queue/journal/journal.h"
#include "server/admin_door.h"
#include "server/home.h"
#include "server/lane.h"

namespace server {
namespace {

// Everything is asked of the assembly on one loop; it is started quiet and stopped again.
io::Task<base::Result<http::Response>> handle_one(Lane* lane, AdminDoor* admin,
                                                  http::Request request) {
  auto started = co_await lane->assembly->start(true);
  if (!started) co_return std::unexpected(std::move(started.error()));
  if (!http::split_target(request)) {
    co_return base::fail(base::ErrorKind::invalid, "not a request target: " + request.target);
  }
  auto response = co_await admin->handler().handle(std::move(request));
  co_await lane->assembly->stop();
  co_return response;
}

}  // namespace

base::Result<http::Response> handle_offline(config::Config config, http::Request request) {
  if (auto done = work_as_owner(config); !done) return std::unexpected(std::move(done.error()));
  config.admin.clients.places = admin::offered_places(config);  // by the listeners
  config.queue.attempts_max = 0;                                // nothing is delivered
  config.session.listeners.clear();                             // and nothing accepted
  config.trace.log_level = "error";                             // the verb itself says what it did
  io::real::ThreadPool pool(1);
  io::real::PosixFiles files;
  Lane lane(pool);
  auto shared = SharedParts::open(config, files, lane.loop.doors().clock.wall());
  if (!shared) return std::unexpected(std::move(shared.error()));
  auto streams = queue::journal::list_streams(files, config.queue.journal_folder);
  if (!streams) return std::unexpected(std::move(streams.error()));
  lane.assemble(config, **shared, {.index = 0, .count = 1, .streams = std::move(*streams)});
  base::Result<http::Response> response;
  {
    AdminDoor admin(Doors{.io = lane.loop.doors(), .resolver = *lane.resolver}, config, **shared,
                    {lane.assembly.get()});
    response = io::real::run_task(lane.loop, handle_one(&lane, &admin, std::move(request)));
  }
  lane.assembly.reset();
  lane.resolver.reset();
  const auto saved = (*shared)->state->save(lane.loop.doors().clock.wall());
  const io::Clock& clock = lane.loop.doors().clock;
  (*shared)->trace->close(clock.wall());
  [[maybe_unused]] const auto sampled =
      (*shared)->flow->sample({.wall = clock.wall(), .steady = clock.now()});
  if (!saved) return std::unexpected(saved.error());
  return response;
}

}  // namespace server
