// See offline.h.
#include "server/offline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

struct OpenServer {
  Lane& lane;
  SharedParts& shared;
  AdminDoor& admin;
};
template <class T>
using Use = std::function<io::Task<base::Result<T>>(OpenServer, const queue::ReplayReport&)>;

// Everything is asked of the assembly on one loop; it is started quiet and stopped again.
template <class T>
io::Task<base::Result<T>> start_and_use(OpenServer server, Use<T> use) {
  auto started = co_await server.lane.assembly->start(true);
  if (!started) co_return std::unexpected(std::move(started.error()));
  auto result = co_await use(server, *started);
  co_await server.lane.assembly->stop();
  co_return result;
}

base::Result<> save(SharedParts& shared, const io::Clock& clock) {
  auto saved = shared.state->save(clock.wall());
  shared.trace->close(clock.wall());
  [[maybe_unused]] const auto sampled =
      shared.flow->sample({.wall = clock.wall(), .steady = clock.now()});
  return saved;
}

template <class T>
base::Result<T> with_server(config::Config config, Use<T> use) {
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
  base::Result<T> result;
  {
    AdminDoor admin(Doors{.io = lane.loop.doors(), .resolver = *lane.resolver}, config, **shared,
                    {lane.assembly.get()});
    result = io::real::run_task(
        lane.loop,
        start_and_use<T>(OpenServer{.lane = lane, .shared = **shared, .admin = admin}, use));
  }
  lane.assembly.reset();
  lane.resolver.reset();
  if (auto saved = save(**shared, lane.loop.doors().clock); !saved) {
    return std::unexpected(std::move(saved.error()));
  }
  return result;
}

io::Task<base::Result<http::Response>> answer(OpenServer server, http::Request request) {
  if (!http::split_target(request)) {
    co_return base::fail(base::ErrorKind::invalid, "not a request target: " + request.target);
  }
  co_return co_await server.admin.handler().handle(std::move(request));
}

std::string certificate_text(const Loaded& loaded) {
  std::string names = loaded.facts.subject;
  if (!loaded.facts.names.empty()) names = fmt::format("{}", fmt::join(loaded.facts.names, ", "));
  return fmt::format("{}, until {}", names, base::format_time(loaded.facts.not_after));
}

io::Task<base::Result<Opened>> look(OpenServer server, queue::ReplayReport replay) {
  directory::Store& store = *server.shared.admin_store;
  const auto domains = store.domains();
  const auto mailboxes = store.count_mailboxes({});
  const auto aliases = store.count_aliases({});
  const auto hooks = server.shared.webhook_store->hooks();
  if (!domains) co_return std::unexpected(domains.error());
  if (!mailboxes) co_return std::unexpected(mailboxes.error());
  if (!aliases) co_return std::unexpected(aliases.error());
  if (!hooks) co_return std::unexpected(hooks.error());
  const auto ring = server.shared.keys->ring();
  if (!ring->trouble().empty()) {
    co_return base::fail(base::ErrorKind::corrupt, ring->trouble());
  }
  co_return Opened{.replay = std::move(replay),
                   .domains = domains->size(),
                   .mailboxes = *mailboxes,
                   .aliases = *aliases,
                   .tokens = server.shared.tokens->all().size(),
                   .webhooks = hooks->size(),
                   .keys = ring->records().size(),
                   .certificate = certificate_text(server.shared.certificate)};
}

}  // namespace

base::Result<http::Response> handle_offline(config::Config config, http::Request request) {
  const Use<http::Response> use = [&request](OpenServer server, const queue::ReplayReport&) {
    return answer(server, std::move(request));
  };
  return with_server(std::move(config), use);
}

base::Result<Opened> open_offline(config::Config config) {
  const Use<Opened> use = [](OpenServer server, const queue::ReplayReport& replay) {
    return look(server, replay);
  };
  return with_server(std::move(config), use);
}

}  // namespace server
