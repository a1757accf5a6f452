// See restore.h.
#include "server/backup/restore.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>

#include "config/config.h"
#include "lib/io/real/apart.h"
#include "server/backup/places.h"

namespace backup {
namespace {

constexpr unsigned mode_mask = 0755;  // nobody else writes
constexpr unsigned folder_mode = 0700;
constexpr int depth_max = 64;

base::Result<Unpacker> open_backup(io::File& file, const Tick& tick) {
  const auto bytes = file.size();
  if (!bytes) return std::unexpected(bytes.error());
  return Unpacker(file, *bytes, tick);
}

base::Result<> is_ours(const Member& member) {
  if (place_of(member.name, "/")) return {};
  return base::fail(base::ErrorKind::corrupt,
                    "this is no backup of stagepost: it has " + member.name);
}

base::Result<Manifest> conclude(const Unpacker& unpacker) {
  auto manifest = decode_manifest(unpacker.manifest());
  if (!manifest) return manifest;
  if (manifest->sums != unpacker.sums_digest() || manifest->files != unpacker.files()) {
    return base::fail(base::ErrorKind::corrupt,
                      "the manifest is of another backup: its digest of SHA256SUMS, or its number "
                      "of files, is another");
  }
  return manifest;
}

// Writes members below a folder.
class Writer {
 public:
  Writer(io::Files& files, std::string home) : files_(files), home_(std::move(home)) {}

  base::Result<> begin();
  base::Result<> write(Unpacker& unpacker, const Member& member);
  base::Result<> end();

 private:
  base::Result<> make_folder_of(const std::string& path);

  io::Files& files_;
  const std::string home_;
  std::string folder_;                      // that was made last
  std::unique_ptr<io::FileSystem> system_;  // null: each file is synced by itself
};

base::Result<> Writer::begin() {
  if (auto made = files_.make_directories(home_, folder_mode); !made) return made;
  auto system = files_.open_system(home_);
  if (system) system_ = std::move(*system);
  return {};
}

base::Result<> Writer::make_folder_of(const std::string& path) {
  std::string folder = path.substr(0, path.rfind('/'));
  if (folder == folder_) return {};
  if (auto made = files_.make_directories(folder, folder_mode); !made) return made;
  folder_ = std::move(folder);
  return {};
}

base::Result<> Writer::write(Unpacker& unpacker, const Member& member) {
  const auto path = place_of(member.name, home_);
  if (!path) return is_ours(member);
  if (auto made = make_folder_of(*path); !made) return made;
  // A name that comes twice meets the first one here.
  auto file = files_.open(*path, io::OpenMode::create_new, member.mode & mode_mask);
  if (!file) return std::unexpected(std::move(file.error()));
  std::uint64_t offset = 0;
  auto done = unpacker.read([&](std::string_view piece) {
    const std::array<std::string_view, 1> pieces{piece};
    auto written = (*file)->write_at(offset, pieces);
    offset += piece.size();
    return written;
  });
  if (done && !system_) done = (*file)->sync();
  if (done) done = io::real::set_modified(*path, member.modified);
  return done;
}

base::Result<> Writer::end() {
  if (auto synced = files_.sync_directory(home_); !synced) return synced;
  return system_ ? system_->sync() : base::Result<>();
}

base::Result<bool> look_for_files(io::Files& files, const std::string& folder, int depth) {
  auto entries = files.list(folder);
  if (!entries) {
    if (entries.error().kind == base::ErrorKind::not_found) return false;
    return std::unexpected(std::move(entries.error()));
  }
  for (const io::FileInfo& info : *entries) {
    if (!info.directory || info.link || depth >= depth_max) return true;
    auto below = look_for_files(files, folder + "/" + info.name, depth + 1);
    if (!below || *below) return below;
  }
  return false;
}

}  // namespace

base::Result<Checked> check_backup(io::File& file, const Tick& tick) {
  auto unpacker = open_backup(file, tick);
  if (!unpacker) return std::unexpected(std::move(unpacker.error()));
  Checked out;
  while (true) {
    auto member = unpacker->next();
    if (!member) return std::unexpected(std::move(member.error()));
    if (!*member) break;
    if (auto ours = is_ours(**member); !ours) return std::unexpected(std::move(ours.error()));
    if (!(*member)->name.starts_with("home/")) ++out.outside;
    if ((*member)->name != config_name || !out.config_text.empty()) continue;
    if ((*member)->bytes > config::file_bytes_max) {
      return base::fail(base::ErrorKind::limit, "its configuration is too large");
    }
    auto read = unpacker->read([&out](std::string_view piece) {
      out.config_text += piece;
      return base::Result<>();
    });
    if (!read) return std::unexpected(std::move(read.error()));
  }
  auto manifest = conclude(*unpacker);
  if (!manifest) return std::unexpected(std::move(manifest.error()));
  if (out.config_text.empty()) {
    return base::fail(base::ErrorKind::corrupt, "the backup has no configuration");
  }
  --out.outside;  // the configuration has a place of its own
  out.manifest = std::move(*manifest);
  return out;
}

base::Result<> unpack(io::Files& files, io::File& file, const std::string& home, const Tick& tick) {
  auto unpacker = open_backup(file, tick);
  if (!unpacker) return std::unexpected(std::move(unpacker.error()));
  Writer writer(files, home);
  if (auto begun = writer.begin(); !begun) return begun;
  while (true) {
    auto member = unpacker->next();
    if (!member) return std::unexpected(std::move(member.error()));
    if (!*member) break;
    if (auto done = writer.write(*unpacker, **member); !done) return done;
  }
  if (auto whole = conclude(*unpacker); !whole) return std::unexpected(std::move(whole.error()));
  return writer.end();
}

base::Result<bool> has_files(io::Files& files, const std::string& folder) {
  return look_for_files(files, folder, 0);
}

base::Result<std::vector<Elsewhere>> elsewhere(io::Files& files, const Checked& checked,
                                               const std::string& home) {
  auto config = config::load(checked.config_text, config_name, home);
  if (!config) return std::unexpected(std::move(config.error()));
  std::vector<Elsewhere> out;
  for (const PathUse& one : paths_of(*config)) {
    if (lies_in(*one.path, home) || one.kind == PathKind::passing) continue;
    Elsewhere found{.setting = one.setting, .path = *one.path};
    const auto place = place_of(name_of(*one.path, checked.manifest.home), home);
    if (place && files.info(*place)) found.unpacked = *place;
    out.push_back(std::move(found));
  }
  return out;
}

}  // namespace backup
