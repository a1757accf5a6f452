// See make.h.
#include "server/backup/make.h"

#include <chrono>

#include "lib/io/real/owner.h"
#include "queue/journal/format.h"
#include "server/backup/contents.h"
#include "server/backup/database_copy.h"
#include "server/backup/places.h"

namespace backup {
namespace {

constexpr unsigned config_mode = 0640;
constexpr unsigned segment_mode = 0600;
// The name keeps it out of the backup (contents.cc).
constexpr std::string_view copy_name = "/backup-copy.db.new";

class Maker {
 public:
  Maker(io::Files& files, io::File& out, const Request& request, const Tick& tick)
      : files_(files), archive_(out, tick), request_(request) {}

  base::Result<Manifest> make();

 private:
  base::Result<> add_config();
  base::Result<> add_journal();
  base::Result<> add_found(const Found& found);
  base::Result<> add_database(const Found& found);
  base::Result<> add_copy(const Found& found, const std::string& copy);
  base::Result<> add_file(const Found& found, const std::string& path);
  [[nodiscard]] std::string name_of_path(const std::string& path) const {
    return name_of(path, request_.config.server.home);
  }

  io::Files& files_;
  Archive archive_;
  const Request& request_;
  Manifest manifest_;
};

base::Time whole_seconds(base::Time time) { return std::chrono::floor<std::chrono::seconds>(time); }

base::Result<> Maker::add_config() {
  return archive_.add_text({.name = std::string(config_name),
                            .bytes = request_.config_text.size(),
                            .mode = config_mode,
                            .modified = whole_seconds(request_.now)},
                           request_.config_text);
}

// One that is missing is no accident: the server has promised to keep it.
base::Result<> Maker::add_journal() {
  for (const std::string& segment : request_.segments) {
    const std::string path = request_.config.queue.journal_folder + "/" + segment;
    auto info = files_.info(path);
    if (!info) return std::unexpected(std::move(info.error()));
    info->mode = segment_mode;
    if (auto done = add_file({.path = path, .info = *info}, path); !done) return done;
  }
  return {};
}

base::Result<> Maker::add_file(const Found& found, const std::string& path) {
  if (!is_safe_name(name_of_path(found.path))) {
    return base::fail(base::ErrorKind::invalid,
                      found.path +
                          " cannot be named in a backup: write a whole path without \"..\" "
                          "in the configuration");
  }
  auto file = files_.open(path, io::OpenMode::read);
  if (!file) return std::unexpected(std::move(file.error()));
  auto bytes = (*file)->size();
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  return archive_.add({.name = name_of_path(found.path),
                       .bytes = *bytes,
                       .mode = found.info.mode,
                       .modified = whole_seconds(found.info.modified)},
                      **file);
}

base::Result<> Maker::add_found(const Found& found) {
  return found.database ? add_database(found) : add_file(found, found.path);
}

base::Result<> Maker::add_database(const Found& found) {
  const std::string copy = request_.config.server.state_folder + std::string(copy_name);
  // What a broken off backup left.
  [[maybe_unused]] auto removed = files_.remove(copy);
  auto done = copy_database(found.path, copy);
  if (done) done = add_copy(found, copy);
  removed = files_.remove(copy);
  return done;
}

base::Result<> Maker::add_copy(const Found& found, const std::string& copy) {
  auto facts = examine_database(copy);
  if (!facts) return std::unexpected(std::move(facts.error()));
  manifest_.databases[name_of_path(found.path)] = std::move(*facts);
  return add_file(found, copy);
}

base::Result<Manifest> Maker::make() {
  const config::Config& config = request_.config;
  const Each add = [this](const Found& found) { return add_found(found); };
  base::Result<> done = add_config();
  if (done) done = add_journal();
  if (done) done = each_file(files_, config, add);
  if (done && request_.with_mail) done = each_mail(files_, config, add);
  if (!done) return std::unexpected(std::move(done.error()));
  manifest_.program = STAGEPOST_VERSION;
  manifest_.made = whole_seconds(request_.now);
  manifest_.host = config.session.hostname;
  manifest_.home = config.server.home;
  manifest_.owner = io::real::owner_of(config.server.state_folder);
  manifest_.with_mail = request_.with_mail;
  manifest_.journal_format = queue::journal::format_version;
  manifest_.messages = request_.messages;
  manifest_.files = archive_.files();
  done = archive_.finish(manifest_.made, [this](const std::string& sums) {
    manifest_.sums = sums;
    return encode_manifest(manifest_);
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return manifest_;
}

}  // namespace

base::Result<Manifest> write_backup(io::Files& files, io::File& out, const Request& request,
                                    const Tick& tick) {
  return Maker(files, out, request, tick).make();
}

}  // namespace backup
