// See stand_by.h.
#include "server/keeper/stand_by.h"

#include <fmt/format.h>

#include "lib/io/real/waiting.h"
#include "queue/journal/journal.h"
#include "server/home.h"
#include "server/keeper/words.h"

namespace server::keeper {
namespace {

// The longest that connections wait more than they must.
constexpr base::Duration look_again_after = std::chrono::milliseconds(5);

base::Result<> could_serve(const config::Config& config, io::Files& files) {
  if (auto keys = check_keys(config); !keys) return keys;
  auto streams = queue::journal::list_streams(files, config.queue.journal_folder);
  if (!streams) return std::unexpected(std::move(streams.error()));
  return {};
}

}  // namespace

base::Result<std::unique_ptr<io::File>> stand_by(const io::real::ServiceManager& manager,
                                                 const config::Config& config, io::Files& files) {
  if (!manager.is_keeper()) {
    return base::fail(base::ErrorKind::invalid,
                      "--stand-by is for a server that `stagepost keeper` starts");
  }
  if (auto could = could_serve(config, files); !could) {
    return std::unexpected(std::move(could.error()));
  }
  manager.tell(fmt::format("{}={}", stands_by, STAGEPOST_VERSION));
  for (;;) {
    auto lock = lock_state(files, config);
    if (lock || lock.error().kind != base::ErrorKind::busy) return lock;
    io::real::wait_ready({}, look_again_after);
  }
}

}  // namespace server::keeper
