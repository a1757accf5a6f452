// See live_directory.h.
#include "directory/live_directory.h"

#include <algorithm>
#include <iterator>

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
  if (overlay_) *contents = overlay_(std::move(*contents));
  if (alias_files_) *contents = alias_files_->lay_over(std::move(*contents));
  auto next = make_snapshot(std::move(*contents), settings_, srs_);
  const std::lock_guard lock(mutex_);
  current_.swap(next);
  return {};
}

std::vector<AliasRow> LiveDirectory::file_aliases(Contents contents) {
  std::vector<AliasRow> out;
  if (!alias_files_) return out;
  if (overlay_) contents = overlay_(std::move(contents));
  contents = alias_files_->lay_over(std::move(contents));
  std::ranges::copy_if(contents.aliases, std::back_inserter(out),
                       [](const AliasRow& row) { return !row.place.empty(); });
  return out;
}

base::Result<> LiveDirectory::reload(Store& store) {
  // The count is read first: a change in between is then seen as one more change, never missed.
  auto count = store.change_count();
  if (!count) return std::unexpected(count.error());
  if (alias_files_) alias_files_->read();
  if (auto published = publish(store); !published) return published;
  const std::lock_guard lock(mutex_);
  change_count_ = *count;
  return {};
}

base::Result<bool> LiveDirectory::reload_if_changed(Store& store) {
  auto count = store.change_count();
  if (!count) return std::unexpected(count.error());
  const bool files_changed = alias_files_ && alias_files_->changed();
  {
    const std::lock_guard lock(mutex_);
    if (*count == change_count_ && !files_changed) return false;
  }
  auto done = reload(store);
  if (!done) return std::unexpected(done.error());
  return true;
}

LiveDirectory::Looked LiveDirectory::look(Store& store, base::Time now) {
  Looked out{.changed = reload_if_changed(store), .secrets = {}};
  if (srs_) srs_->set_now(now);
  if (keep_srs_) out.secrets = keep_srs_(now);
  return out;
}

void LiveDirectory::tell(base::EventSink& events, base::Time now, const Looked& looked) {
  const auto emit = [&](std::string_view name, std::string reason) {
    base::Event event;
    event.time = now;
    event.severity = base::Severity::error;
    event.name = name;
    event.fields.emplace_back("reason", std::move(reason));
    events.emit(event);
  };
  const auto tell_once = [&](std::string& last, std::string_view name, std::string trouble) {
    if (trouble == last) return;
    last = trouble;
    if (!trouble.empty()) emit(name, std::move(trouble));
  };
  if (looked.changed && *looked.changed) {
    base::Event event;
    event.time = now;
    event.name = "directory.reloaded";
    events.emit(event);
  }
  tell_once(last_trouble_, "directory.reload_failed",
            looked.changed ? std::string() : looked.changed.error().text());
  tell_once(last_srs_trouble_, "directory.srs_secrets",
            looked.secrets ? std::string() : looked.secrets.error().text());
  if (!alias_files_) return;
  std::vector<std::string> troubles = alias_files_->troubles();
  for (const std::string& one : troubles) {
    if (std::ranges::find(last_file_troubles_, one) == last_file_troubles_.end()) {
      emit("directory.alias_file", one);
    }
  }
  last_file_troubles_ = std::move(troubles);
}

io::Task<void> LiveDirectory::watch(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool,
                                    io::Ref<Store> store, io::Ref<base::EventSink> events) {
  while (true) {
    auto slept = co_await io::sleep_for(*clock, poll_interval);
    if (!slept) co_return;  // told to stop
    const base::Time now = clock->wall();
    const Looked looked =
        co_await io::on_pool(*pool, [this, store, now] { return look(*store, now); });
    tell(*events, now, looked);
  }
}

}  // namespace directory
