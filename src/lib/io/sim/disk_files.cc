// See disk.h. The io::Files and io::File of a simulated disk.
#include <algorithm>
#include <limits>

#include "lib/base/check.h"
#include "lib/io/sim/disk.h"
#include "lib/io/sim/world.h"

namespace io::sim {

namespace {

std::unexpected<base::Error> fail_for(base::ErrorKind kind, const std::string& path,
                                      const char* why) {
  return base::fail(kind, path + ": " + why);
}

std::unexpected<base::Error> dead(const std::string& path) {
  return fail_for(base::ErrorKind::io, path, "the simulated machine lost power");
}

}  // namespace

class SimFile final : public File {
 public:
  SimFile(std::shared_ptr<DiskMount> mount, std::shared_ptr<DiskNode> node, std::string path,
          bool writable)
      : mount_(std::move(mount)),
        node_(std::move(node)),
        path_(std::move(path)),
        writable_(writable) {
    ++mount_->files_open;
  }
  SimFile(const SimFile&) = delete;
  SimFile& operator=(const SimFile&) = delete;
  ~SimFile() override { --mount_->files_open; }

  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    if (auto begun = begin(DiskOperation::read, false); !begun) {
      return std::unexpected(begun.error());
    }
    return node_->data.read(offset, into);
  }

  base::Result<> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) override;
  base::Result<> sync() override;

  base::Result<std::uint64_t> size() override {
    if (auto begun = begin(DiskOperation::look, false); !begun) {
      return std::unexpected(begun.error());
    }
    return node_->data.size();
  }

  base::Result<> allocate(std::uint64_t bytes) override {
    if (auto begun = begin(DiskOperation::allocate, true); !begun) return begun;
    if (bytes <= node_->data.size()) return {};
    return resize(bytes);
  }

  base::Result<> truncate(std::uint64_t bytes) override {
    if (auto begun = begin(DiskOperation::truncate, true); !begun) return begun;
    return resize(bytes);
  }

  base::Result<std::uint64_t> system() override {
    if (auto begun = begin(DiskOperation::look, false); !begun) {
      return std::unexpected(begun.error());
    }
    return node_->system;
  }

  void hold(std::shared_ptr<int> lock) { lock_ = std::move(lock); }

 private:
  base::Result<> begin(DiskOperation operation, bool writes) {
    if (mount_->disk == nullptr) return dead(path_);
    if (writes && !writable_) {
      return fail_for(base::ErrorKind::denied, path_, "opened for reading");
    }
    return mount_->disk->begin(operation, path_);
  }

  base::Result<> resize(std::uint64_t bytes) {
    if (bytes == node_->data.size()) return {};
    Disk& disk = *mount_->disk;
    if (auto room = disk.reserve(*node_, bytes); !room) return room;
    node_->unsynced.push_back({DiskNode::Change::Kind::resize, bytes, {}});
    node_->data.resize(bytes);
    node_->modified = disk.world_.wall();
    return {};
  }

  std::shared_ptr<DiskMount> mount_;
  std::shared_ptr<DiskNode> node_;
  std::string path_;
  bool writable_;
  std::shared_ptr<int> lock_;
};

base::Result<> SimFile::write_at(std::uint64_t offset, std::span<const std::string_view> pieces) {
  if (mount_->disk == nullptr) return dead(path_);
  if (!writable_) return fail_for(base::ErrorKind::denied, path_, "opened for reading");
  Disk& disk = *mount_->disk;
  const DiskFault fault = disk.ask(DiskOperation::write, path_);
  if (mount_->disk == nullptr) return dead(path_);
  std::string bytes;
  for (const std::string_view piece : pieces) bytes += piece;
  if (fault.error && fault.bytes_done < bytes.size()) {
    bytes.resize(static_cast<std::size_t>(fault.bytes_done));
  }
  if (!bytes.empty()) {
    if (auto room = disk.reserve(*node_, offset + bytes.size()); !room) return room;
    node_->data.write(offset, bytes);
    node_->unsynced.push_back({DiskNode::Change::Kind::write, offset, std::move(bytes)});
    node_->modified = disk.world_.wall();
  }
  ++disk.writes_;
  if (fault.error) return fail_for(*fault.error, path_, "simulated fault of a write");
  return {};
}

base::Result<> SimFile::sync() {
  if (auto begun = begin(DiskOperation::sync, false); !begun) {
    // As Linux: the pages are marked clean, whether they reached the disk or not.
    if (mount_->disk != nullptr) mount_->disk->lose(*node_, mount_->disk->world_.random());
    return begun;
  }
  Disk::settle_data(*node_);
  ++mount_->disk->syncs_;
  return {};
}

class SimFileSystem final : public FileSystem {
 public:
  SimFileSystem(std::shared_ptr<DiskMount> mount, std::uint64_t system, std::string path)
      : mount_(std::move(mount)), system_(system), path_(std::move(path)) {}

  [[nodiscard]] std::uint64_t system() const override { return system_; }
  base::Result<> sync() override {
    if (mount_->disk == nullptr) return dead(path_);
    const auto begun = mount_->disk->begin(DiskOperation::sync_system, path_);
    if (mount_->disk == nullptr) return dead(path_);
    if (!begun) {
      mount_->disk->lose_system(system_);
      return begun;
    }
    mount_->disk->settle_system(system_);
    ++mount_->disk->syncs_;
    return {};
  }

 private:
  std::shared_ptr<DiskMount> mount_;
  std::uint64_t system_;
  std::string path_;
};

base::Result<std::unique_ptr<File>> SimFiles::open(std::string path, OpenMode how,
                                                   unsigned /*mode*/) {
  if (mount_->disk == nullptr) return dead(path);
  Disk& disk = *mount_->disk;
  const bool creates = how == OpenMode::create || how == OpenMode::create_new;
  auto place = disk.find(path);
  const bool exists = place && place->node() != nullptr;
  const DiskOperation operation = creates && !exists ? DiskOperation::create : DiskOperation::open;
  if (auto begun = disk.begin(operation, path); !begun) return std::unexpected(begun.error());
  if (!place) return std::unexpected(place.error());
  if (exists && how == OpenMode::create_new) {
    return fail_for(base::ErrorKind::exists, path, "exists");
  }
  if (!exists && !creates) return fail_for(base::ErrorKind::not_found, path, "no such file");
  Disk::NodePtr node = place->node();
  if (!exists) {
    node = disk.make_node(*place);
    disk.change_name({{}, *place, node});
  }
  if (node->directory) return fail_for(base::ErrorKind::io, path, "is a directory");
  return std::make_unique<SimFile>(mount_, std::move(node), std::move(path), how != OpenMode::read);
}

base::Result<> SimFiles::rename(std::string from, std::string to) {
  if (mount_->disk == nullptr) return dead(from);
  Disk& disk = *mount_->disk;
  if (auto begun = disk.begin(DiskOperation::rename, from); !begun) return begun;
  const auto source = disk.find(from);
  if (!source) return std::unexpected(source.error());
  const auto target = disk.find(to);
  if (!target) return std::unexpected(target.error());
  const Disk::NodePtr node = source->node();
  if (node == nullptr) return fail_for(base::ErrorKind::not_found, from, "no such file");
  const Disk::NodePtr replaced = target->node();
  if (replaced == node) return {};
  if (replaced != nullptr && replaced->directory) {
    return fail_for(base::ErrorKind::io, to, "is a directory");
  }
  disk.change_name({*source, *target, node});
  return {};
}

base::Result<> SimFiles::remove(std::string path) {
  if (mount_->disk == nullptr) return dead(path);
  Disk& disk = *mount_->disk;
  if (auto begun = disk.begin(DiskOperation::remove, path); !begun) return begun;
  const auto place = disk.find(path);
  if (!place) return std::unexpected(place.error());
  const Disk::NodePtr node = place->node();
  if (node == nullptr) return fail_for(base::ErrorKind::not_found, path, "no such file");
  if (!node->entries.empty()) return fail_for(base::ErrorKind::io, path, "directory not empty");
  disk.change_name({*place, {}, nullptr});
  return {};
}

base::Result<> SimFiles::make_directories(std::string path, unsigned /*mode*/) {
  if (mount_->disk == nullptr) return dead(path);
  Disk& disk = *mount_->disk;
  if (auto begun = disk.begin(DiskOperation::make_directories, path); !begun) return begun;
  std::size_t end = 0;
  do {
    end = path.find('/', end + 1);
    const auto place = disk.find(std::string_view(path).substr(0, end));
    if (!place && place.error().kind == base::ErrorKind::invalid)
      continue;  // the root, "." or ".."
    if (!place) return std::unexpected(place.error());
    if (const Disk::NodePtr node = place->node(); node != nullptr) {
      if (!node->directory) return fail_for(base::ErrorKind::exists, path, "a file is in the way");
      continue;
    }
    const Disk::NodePtr node = disk.make_node(*place);
    node->directory = true;
    disk.change_name({{}, *place, node});
    disk.settle_name({place->directory.get(), place->name});
  } while (end != std::string::npos);
  return {};
}

base::Result<> SimFiles::sync_directory(std::string path) {
  if (mount_->disk == nullptr) return dead(path);
  Disk& disk = *mount_->disk;
  if (auto begun = disk.begin(DiskOperation::sync_directory, path); !begun) return begun;
  const auto node = disk.find_node(path);
  if (!node) return std::unexpected(node.error());
  if (!(*node)->directory) return fail_for(base::ErrorKind::io, path, "not a directory");
  disk.settle_names(**node);
  ++disk.syncs_;
  return {};
}

base::Result<std::vector<FileInfo>> SimFiles::list(std::string path) {
  if (mount_->disk == nullptr) return dead(path);
  Disk& disk = *mount_->disk;
  if (auto begun = disk.begin(DiskOperation::look, path); !begun) {
    return std::unexpected(begun.error());
  }
  const auto node = disk.find_node(path);
  if (!node) return std::unexpected(node.error());
  if (!(*node)->directory) return fail_for(base::ErrorKind::io, path, "not a directory");
  std::vector<FileInfo> infos;
  for (const auto& [name, child] : (*node)->entries) {
    infos.push_back({name, child->data.size(), child->directory, child->modified});
  }
  return infos;
}

base::Result<FileInfo> SimFiles::info(std::string path) {
  if (mount_->disk == nullptr) return dead(path);
  Disk& disk = *mount_->disk;
  if (auto begun = disk.begin(DiskOperation::look, path); !begun) {
    return std::unexpected(begun.error());
  }
  const auto node = disk.find_node(path);
  if (!node) return std::unexpected(node.error());
  const auto place = disk.find(path);
  return FileInfo{place ? place->name : "/", (*node)->data.size(), (*node)->directory,
                  (*node)->modified};
}

base::Result<std::uint64_t> SimFiles::free_bytes(std::string path) {
  constexpr std::uint64_t plenty = 1ULL << 40U;  // of a disk without a set capacity
  if (mount_->disk == nullptr) return dead(path);
  Disk& disk = *mount_->disk;
  if (auto begun = disk.begin(DiskOperation::look, path); !begun) {
    return std::unexpected(begun.error());
  }
  if (disk.capacity_bytes_ == std::numeric_limits<std::uint64_t>::max()) return plenty;
  const std::uint64_t used = disk.bytes_used();
  return disk.capacity_bytes_ > used ? disk.capacity_bytes_ - used : 0;
}

base::Result<std::unique_ptr<File>> SimFiles::lock(std::string path) {
  if (mount_->disk == nullptr) return dead(path);
  Disk& disk = *mount_->disk;
  if (auto begun = disk.begin(DiskOperation::lock, path); !begun) {
    return std::unexpected(begun.error());
  }
  const auto place = disk.find(path);
  if (!place) return std::unexpected(place.error());
  Disk::NodePtr node = place->node();
  if (node == nullptr) {
    node = disk.make_node(*place);
    disk.change_name({{}, *place, node});
  }
  if (!node->lock.expired()) return fail_for(base::ErrorKind::busy, path, "locked");
  auto held = std::make_shared<int>(0);
  node->lock = held;
  auto file = std::make_unique<SimFile>(mount_, std::move(node), std::move(path), true);
  file->hold(std::move(held));
  return file;
}

base::Result<std::unique_ptr<FileSystem>> SimFiles::open_system(std::string path) {
  if (mount_->disk == nullptr) return dead(path);
  Disk& disk = *mount_->disk;
  if (auto begun = disk.begin(DiskOperation::open, path); !begun) {
    return std::unexpected(begun.error());
  }
  const auto node = disk.find_node(path);
  if (!node) return std::unexpected(node.error());
  if (!(*node)->directory) return fail_for(base::ErrorKind::io, path, "not a directory");
  if ((*node)->system == 0) {
    return fail_for(base::ErrorKind::unsupported, path, "its files are synced one by one");
  }
  return std::make_unique<SimFileSystem>(mount_, (*node)->system, std::move(path));
}

}  // namespace io::sim
