// See live_directory.h.
#include "directory/live_directory.h"

#include "directory/snapshot.h"

namespace directory {

LiveDirectory::LiveDirectory(Settings settings)
    : settings_(std::move(settings)), current_(make_snapshot(Contents{}, settings_)) {}

std::shared_ptr<const Snapshot> LiveDirectory::snapshot() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

base::Result<> LiveDirectory::publish(Store& store) {
  const std::lock_guard reading(reload_mutex_);  // an older reading never replaces a newer one
  auto contents = store.contents();
  if (!contents) return std::unexpected(contents.error());
  auto next =
      make_snapshot(overlay_ ? overlay_(std::move(*contents)) : std::move(*contents), settings_);
  const std::lock_guard lock(mutex_);
  current_.swap(next);
  return {};
}

base::Result<> LiveDirectory::reload(Store& store) {
  // The count is read first: a change in between is then seen as one more change, never missed.
  auto count = store.change_count();
  if (!count) return std::unexpected(count.error());
  if (auto published = publish(store); !published) return published;
  const std::lock_guard lock(mutex_);
  change_count_ = *count;
  return {};
}

base::Result<bool> LiveDirectory::reload_if_changed(Store& store) {
  auto count = store.change_count();
  if (!count) return std::unexpected(count.error());
  {
    const std::lock_guard lock(mutex_);
    if (*count == change_count_) return false;
  }
  auto done = reload(store);
  if (!done) return std::unexpected(done.error());
  return true;
}

io::Task<void> LiveDirectory::watch(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool,
                                    io::Ref<Store> store, io::Ref<base::EventSink> events) {
  std::string last_trouble;
  while (true) {
    auto slept = co_await io::sleep_for(*clock, poll_interval);
    if (!slept) co_return;  // told to stop
    auto changed = co_await io::on_pool(*pool, [this, store] { return reload_if_changed(*store); });
    base::Event event;
    event.time = clock->wall();
    if (changed) {
      last_trouble.clear();
      event.name = "directory.reloaded";
      if (*changed) events->emit(event);
    } else if (std::string trouble = changed.error().text(); trouble != last_trouble) {
      last_trouble = trouble;  // told once, not every second
      event.severity = base::Severity::error;
      event.name = "directory.reload_failed";
      event.fields.emplace_back("reason", std::move(trouble));
      events->emit(event);
    }
  }
}

}  // namespace directory
