// queue/journal/context.h: what the parts of one loop's journal share.
//
// What:    doors, settings, the disk's pace (sync on the loop or on the pool) and its free space.
// In/Out:  off_loop(context, work) runs blocking work where it belongs at the moment.
// Errors:  DiskSpace::refusal() says why there is no room for new mail.
// Limits:  disk_reserve_bytes; the disk is asked every free_check_every; draft_memory_bytes_max,
//          which draft.h keeps.
// Not here: what is written (stream.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "lib/base/time.h"
#include "lib/io/clock.h"
#include "lib/io/doors.h"
#include "lib/io/files.h"
#include "lib/io/pool.h"
#include "lib/io/ref.h"
#include "queue/journal/ledger.h"
#include "queue/settings.h"

namespace queue::journal {

// Where syncs run. Tests force one; the server lets the disk decide.
enum class SyncMode : std::uint8_t { automatic, on_loop, on_pool };

// The mean time of a sync decides. Waking a thread costs 80 µs; a stalled loop costs every session.
class DiskPace {
 public:
  explicit DiskPace(SyncMode mode) : mode_(mode) {}
  void measured(base::Duration sync);
  [[nodiscard]] bool slow() const;

 private:
  SyncMode mode_;
  base::Duration mean_{0};
  bool slow_ = false;
};

class DiskSpace {
 public:
  DiskSpace(io::Doors doors, std::shared_ptr<const Settings> settings)
      : doors_(doors), settings_(std::move(settings)) {}
  // Why new mail is refused at the moment; empty when there is room. Asks the disk now and then.
  [[nodiscard]] const std::string& refusal();
  // May a segment of so many octets be made for new mail? Asks the disk now.
  [[nodiscard]] bool room_for(std::uint64_t bytes);
  // Is so much free beyond the reserve? Asks the disk now, and refuses nobody.
  [[nodiscard]] bool plenty_for(std::uint64_t bytes) const;
  // An allocation met the end of the disk.
  void met_the_end();
  // Called when new mail begins to be, or is still, refused.
  void on_shortage(std::function<void()> call) { on_shortage_ = std::move(call); }

 private:
  void ask(std::uint64_t extra_bytes);
  void refuse(std::string why);
  io::Doors doors_;
  std::shared_ptr<const Settings> settings_;
  std::optional<base::Instant> asked_;
  std::string refusal_;
  std::function<void()> on_shortage_;
};

// Octets of bodies that arrive and are not on disk yet, of all drafts of the loop.
struct DraftMemory {
  std::uint64_t bytes = 0;
};

struct Context {
  Context(io::Doors the_doors, std::shared_ptr<const Settings> the_settings, SyncMode mode)
      : doors(the_doors),
        settings(the_settings),
        pace(mode),
        space(the_doors, the_settings),
        bodies{the_settings->body_memory_bytes_max} {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() = default;

  [[nodiscard]] const std::string& folder() const { return settings->journal_folder; }

  io::Doors doors;
  std::shared_ptr<const Settings> settings;
  DiskPace pace;
  DiskSpace space;
  BodyBudget bodies;
  DraftMemory drafts;
};

// Blocking work: here when the disk is fast, else on the pool. It must own what it touches.
template <class F>
io::Task<std::invoke_result_t<F&>> off_loop(io::Ref<Context> context, F work) {
  if (!context->pace.slow()) co_return work();
  co_return co_await io::on_pool(context->doors.pool, std::move(work));
}

}  // namespace queue::journal
