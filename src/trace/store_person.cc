// See store.h: what is kept about one person, and its end.
#include <fmt/format.h>

#include <algorithm>

#include "trace/reader.h"
#include "trace/store.h"

namespace trace {
namespace {

using base::Result;

constexpr std::size_t write_bytes = 1U << 20U;

// Appends in pieces of write_bytes.
class Writer {
 public:
  explicit Writer(io::File& file) : file_(file) {}

  Result<> add(std::string_view bytes) {
    buffer_ += bytes;
    return buffer_.size() < write_bytes ? Result<>() : flush();
  }
  Result<> flush() {
    const std::string_view bytes = buffer_;
    auto written = file_.write_at(offset_, {&bytes, 1});
    offset_ += buffer_.size();
    buffer_.clear();
    return written;
  }

 private:
  io::File& file_;
  std::uint64_t offset_ = 0;
  std::string buffer_;
};

std::string encode(const StoredEvent& event) {
  base::Event plain{.severity = event.severity,
                    .name = event.name,
                    .time = event.time,
                    .session = event.session,
                    .message = event.message,
                    .fields = {}};
  for (const auto& [key, value] : event.fields) plain.fields.emplace_back(key, value);
  std::string record;
  append_record(plain, record);
  seal_record(record.data());
  return record;
}

}  // namespace

// The names of all files; the one that was being written is ended first, so that none changes.
Result<std::vector<std::string>> TraceStore::ended_files(base::Time now) {
  const std::lock_guard files_lock(files_mutex_);
  write_pending(now);
  end_file();
  return trace_files(files_, settings_.folder);
}

Result<std::vector<StoredEvent>> TraceStore::events_of(const Person& person, std::size_t events_max,
                                                       base::Time now) {
  auto names = ended_files(now);
  if (!names) return std::unexpected(names.error());
  std::vector<StoredEvent> out;
  for (const std::string& name : *names) {
    // A file that cannot be read has nothing to tell, as in find().
    [[maybe_unused]] const auto scanned =
        scan_events(files_, fmt::format("{}/{}", settings_.folder, name),
                    [&](const StoredEvent& event, std::uint64_t, std::string_view) {
                      if (out.size() >= events_max) return false;
                      if (person.named_in(event)) out.push_back(event);
                      return true;
                    });
  }
  return out;
}

Result<EraseReport> TraceStore::erase(const Person& person, base::Time now) {
  EraseReport report;
  std::vector<std::string> done;
  // The second round is for what was written while the first one went on.
  for (int round = 0; round < 2; ++round) {
    auto names = ended_files(now);
    if (!names) return std::unexpected(names.error());
    for (const std::string& name : *names) {
      if (std::ranges::find(done, name) != done.end()) continue;
      if (auto erased = erase_from_file(name, person, report); !erased) {
        return std::unexpected(erased.error());
      }
      done.push_back(name);
    }
  }
  return report;
}

// Ended files do not change, so the mail's events go on being written meanwhile.
Result<> TraceStore::erase_from_file(const std::string& name, const Person& person,
                                     EraseReport& report) {
  const std::string path = fmt::format("{}/{}", settings_.folder, name);
  bool named = false;
  auto scanned =
      scan_events(files_, path, [&](const StoredEvent& event, std::uint64_t, std::string_view) {
        named = person.named_in(event);
        return !named;
      });
  if (!scanned && scanned.error().kind == base::ErrorKind::not_found) return {};  // forgotten
  if (!scanned && scanned.error().kind != base::ErrorKind::corrupt) return scanned;
  if (!named) return {};
  auto beside = files_.open(path + ".new", io::OpenMode::create);
  if (!beside) return std::unexpected(beside.error());
  if (auto cut = (*beside)->truncate(0); !cut) return cut;
  Writer writer(**beside);
  Result<> written = writer.add(file_magic);
  scanned = scan_events(files_, path,
                        [&](const StoredEvent& event, std::uint64_t, std::string_view record) {
                          StoredEvent copy = event;
                          const bool changed = person.erase_from(copy);
                          if (changed) ++report.events;
                          written = writer.add(changed ? encode(copy) : std::string(record));
                          return written.has_value();
                        });
  if (!scanned) return scanned;
  if (written) written = writer.flush();
  if (written) written = (*beside)->sync();
  if (!written) return written;
  ++report.files;
  return replace_file(path);
}

// The index first: an old one would point into the middle of records. Without one the file is
// scanned, and a start makes it anew.
Result<> TraceStore::replace_file(const std::string& path) {
  const std::lock_guard files_lock(files_mutex_);
  const std::string index = path + std::string(index_suffix);
  if (!files_.info(path)) return files_.remove(path + ".new");  // it was forgotten meanwhile
  if (files_.info(index)) {
    if (auto removed = files_.remove(index); !removed) return removed;
    if (auto synced = files_.sync_directory(settings_.folder); !synced) return synced;
  }
  if (auto renamed = files_.rename(path + ".new", path); !renamed) return renamed;
  if (auto synced = files_.sync_directory(settings_.folder); !synced) return synced;
  auto entries = scan_file(files_, path);
  if (!entries) return std::unexpected(entries.error());
  return io::write_file(files_, index, encode_index(std::move(*entries)));
}

}  // namespace trace
