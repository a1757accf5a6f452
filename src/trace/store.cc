// See store.h.
#include "trace/store.h"

#include <fmt/format.h>

#include "lib/base/check.h"
#include "lib/base/text.h"
#include "trace/reader.h"

namespace trace {
namespace {

using base::ErrorKind;
using base::Result;
using base::Time;

// A file is ended when it is so old, too, so that keep_for holds where little mail flows.
base::Duration file_age_max(const Settings& settings) { return settings.keep_for / 16; }

// Sixteen hexadecimal digits of microseconds: sorted by name is sorted by time.
std::string name_of(Time begun) {
  return fmt::format("{:016x}{}", begun.time_since_epoch().count(), file_suffix);
}

std::uint64_t size_of(io::Files& files, const std::string& path) {
  const auto info = files.info(path);
  return info ? info->size : 0;
}

std::size_t count_records(std::string_view batch) {
  std::size_t count = 0;
  for (; const auto size = record_size(batch); ++count) batch.remove_prefix(*size);
  return count;
}

}  // namespace

Result<std::unique_ptr<TraceStore>> TraceStore::open(io::Files& files, const Settings& settings) {
  auto made = files.make_directories(settings.folder);
  if (!made) return std::unexpected(made.error());
  auto names = trace_files(files, settings.folder);
  if (!names) return std::unexpected(names.error());
  for (const auto& name : *names) {
    const std::string path = fmt::format("{}/{}", settings.folder, name);
    // What a crash left of an erasure or of an index that was being written.
    if (files.info(path + ".new")) [[maybe_unused]]
      const auto gone = files.remove(path + ".new");
    if (files.info(path + std::string(index_suffix))) continue;
    auto entries = scan_file(files, path);
    // A file that cannot be read is no reason not to start; find() tries it again.
    if (!entries) continue;
    [[maybe_unused]] const auto written =
        io::write_file(files, path + std::string(index_suffix), encode_index(std::move(*entries)));
  }
  return std::unique_ptr<TraceStore>(new TraceStore(files, settings));
}

bool TraceStore::wants(base::Severity severity) const { return severity >= base::Severity::info; }

void TraceStore::record(std::string_view record) {
  const std::lock_guard lock(mutex_);
  if (pending_events_ >= settings_.pending_events_max ||
      pending_.size() + record.size() > pending_bytes_max) {
    ++dropped_;
    return;
  }
  pending_ += record;
  ++pending_events_;
}

void TraceStore::flush(Time now) {
  const std::lock_guard files_lock(files_mutex_);
  write_pending(now);
  if (file_ != nullptr &&
      (file_bytes_ >= settings_.file_bytes_max || now - file_begun_ >= file_age_max(settings_))) {
    end_file();
  }
  if (now - forgot_ >= forget_interval || now < forgot_) forget_old(now);
}

void TraceStore::close(Time now) {
  const std::lock_guard files_lock(files_mutex_);
  write_pending(now);
  end_file();
}

void TraceStore::write_pending(Time now) {
  std::string batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(pending_);
    pending_.reserve(batch.size());  // about as much will come again
    pending_events_ = 0;
  }
  if (batch.empty()) return;
  if (watcher_) show_watcher(batch);
  if (append(batch, now)) return;
  // The disk is full or broken. Events are lost and counted; a new file is tried next time.
  dropped_ += count_records(batch);
  file_ = nullptr;
  index_.clear();
}

// What the disk has no room for is counted all the same.
void TraceStore::show_watcher(std::string_view batch) const {
  EventView event;
  while (const auto size = record_size(batch)) {
    if (view_record(batch, Checksum::ignore, event)) watcher_(event);
    batch.remove_prefix(*size);
  }
}

Result<> TraceStore::append(std::string& batch, Time now) {
  if (file_ == nullptr) {
    auto begun = begin_file(now);
    if (!begun) return begun;
  }
  EventView event;
  for (std::size_t at = 0; at < batch.size();) {
    const std::size_t size = seal_record(batch.data() + at);
    const bool read = view_record({batch.data() + at, size}, Checksum::ignore, event);
    CHECK(read, "what append_record wrote can be read");
    append_keys(event, static_cast<std::uint32_t>(file_bytes_ + at), index_);
    at += size;
  }
  const std::string_view bytes = batch;
  auto written = file_->write_at(file_bytes_, {&bytes, 1});
  if (written) file_bytes_ += batch.size();
  return written;
}

Result<> TraceStore::begin_file(Time now) {
  constexpr int tries = 16;  // two starts within a microsecond, or a clock that went back
  for (int i = 0; i < tries; ++i, now += base::Duration(1)) {
    std::string name = name_of(now);
    auto file = files_.open(fmt::format("{}/{}", settings_.folder, name), io::OpenMode::create_new);
    if (!file && file.error().kind == ErrorKind::exists) continue;
    if (!file) return std::unexpected(file.error());
    file_ = std::move(*file);
    file_name_ = std::move(name);
    file_begun_ = now;
    file_bytes_ = file_magic.size();
    index_.clear();
    sorted_index_ = nullptr;
    return file_->write_at(0, {&file_magic, 1});
  }
  return base::fail(ErrorKind::exists, "no name is free for a trace file");
}

void TraceStore::end_file() {
  if (file_ == nullptr) return;
  file_ = nullptr;
  const std::string path = fmt::format("{}/{}{}", settings_.folder, file_name_, index_suffix);
  // Without its index the file is scanned when somebody asks.
  [[maybe_unused]] const auto written =
      io::write_file(files_, path, encode_index(std::move(index_)));
  index_.clear();
}

void TraceStore::forget_old(Time now) {
  forgot_ = now;
  const auto names = trace_files(files_, settings_.folder);
  if (!names) return;
  std::vector<std::uint64_t> sizes;
  std::uint64_t total = 0;
  for (const auto& name : *names) {
    const std::string path = fmt::format("{}/{}", settings_.folder, name);
    sizes.push_back(size_of(files_, path) + size_of(files_, path + std::string(index_suffix)));
    total += sizes.back();
  }
  for (std::size_t i = 0; i < names->size(); ++i) {
    const std::string& name = (*names)[i];
    if (file_ != nullptr && name == file_name_) break;
    const auto begun = file_begun(name);
    if (!begun) continue;  // not ours
    const auto next = i + 1 < names->size() ? file_begun((*names)[i + 1]) : std::nullopt;
    const Time ended = next.value_or(*begun + file_age_max(settings_));
    if (total <= settings_.bytes_max && now - ended < settings_.keep_for) break;
    const std::string path = fmt::format("{}/{}", settings_.folder, name);
    [[maybe_unused]] const auto removed = files_.remove(path + std::string(index_suffix));
    if (files_.remove(path)) total -= sizes[i];
  }
}

io::Task<void> TraceStore::run(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool) {
  while (true) {
    auto slept = co_await io::sleep_for(*clock, flush_interval);
    if (!slept) co_return;  // told to stop; close() writes the rest
    const Time now = clock->wall();
    co_await io::on_pool(*pool, [this, now] {
      flush(now);
      return true;
    });
  }
}

Person TraceStore::person(std::string_view address) const {
  if (redactor_ == nullptr || !redactor_->can_follow()) return Person(address);
  return Person(address, redactor_->address(address));
}

// What was emitted before is written, and known by its index. Writing goes on while somebody reads;
// of what was asked for before only the rest is sorted.
LiveIndex TraceStore::live(Time now) {
  const std::lock_guard files_lock(files_mutex_);
  write_pending(now);
  if (file_ == nullptr) return {};
  static const std::vector<IndexEntry> none;
  const std::vector<IndexEntry>& known = sorted_index_ == nullptr ? none : *sorted_index_;
  if (sorted_index_ == nullptr || known.size() < index_.size()) {
    std::vector<IndexEntry> rest(index_.begin() + static_cast<std::ptrdiff_t>(known.size()),
                                 index_.end());
    std::ranges::sort(rest);
    std::vector<IndexEntry> all(index_.size());
    std::ranges::merge(known, rest, all.begin());
    sorted_index_ = std::make_shared<const std::vector<IndexEntry>>(std::move(all));
  }
  return {.file_name = file_name_, .entries = sorted_index_};
}

// By an address and its pseudonym: what was written before redaction was set has the one.
Result<std::vector<StoredEvent>> TraceStore::find(std::string_view what, std::size_t events_max,
                                                  Time now) {
  const bool hidden = redactor_ != nullptr && redactor_->hides_addresses() &&
                      what.find('@') != std::string_view::npos;
  std::vector<std::string> asked{std::string(what)};
  if (hidden && redactor_->can_follow()) asked.push_back(redactor_->address(bare(what)));
  auto found = find_events(files_, settings_.folder, asked, events_max, live(now));
  if (found && found->empty() && hidden && !redactor_->can_follow()) {
    return base::fail(ErrorKind::invalid,
                      "addresses are not written down here ([privacy] local_parts = \"redact\"); "
                      "ask by message id, as in the 250 reply and the log");
  }
  return found;
}

Result<SearchStep> TraceStore::search(MessageQuery query, const Place& from, std::size_t rows_max,
                                      Time now) {
  if (redactor_ != nullptr && redactor_->hides_addresses() && redactor_->can_follow()) {
    // As they were written down.
    for (std::string* address : {&query.text, &query.sender, &query.recipient}) {
      *address = redactor_->address(*address);
    }
  }
  return MessageSearch(files_, settings_.folder, query).step(from, rows_max, live(now));
}

}  // namespace trace
