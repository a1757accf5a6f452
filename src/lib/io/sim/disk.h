// lib/io/sim/disk.h: a disk in memory that forgets what was not synced.
//
// What:    files and directories with a volatile state (what programs see) and a durable one (what
//          a crash leaves). Data is durable after File::sync, names (create, rename, remove) after
//          sync_directory of their directory, both after FileSystem::sync; make_directories is
//          durable when it returns.
// In/Out:  mount() → SimFiles (io::Files), alive until the next crash. Relative paths begin at "/".
// Errors:  those of io::Files; io for every File and Files made before a crash; whatever DiskFaults
//          says.
// Limits:  capacity_bytes: no_space.
// Not here: which operation fails (disk_faults.h), the machine around it (host.h).
//
// crash(): of the unsynced writes of a file a random subset is kept, possibly torn at 512 octets,
// the size old or new, gaps zero; of the unsynced names a random subset, where operations on one
// name keep their order and a rename is whole. A failed sync is as on Linux: some of the data may
// have reached the disk, and what did not is forgotten by the next sync, though reads still see it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/files.h"
#include "lib/io/sim/disk_faults.h"
#include "lib/io/sim/random.h"
#include "lib/io/sim/sparse_bytes.h"

namespace io::sim {

class World;
class Disk;

// A file or directory, whatever its names are.
struct DiskNode {
  struct Change {
    enum class Kind { write, resize } kind = Kind::write;
    std::uint64_t offset = 0;  // or the new size
    std::string bytes;
  };

  bool directory = false;
  std::uint64_t system = 1;  // number of its file system
  base::Time modified;
  std::map<std::string, std::shared_ptr<DiskNode>, std::less<>> entries;
  std::map<std::string, std::shared_ptr<DiskNode>, std::less<>> durable_entries;
  SparseBytes data;
  SparseBytes durable_data;
  std::vector<Change> unsynced;  // since the last sync, in order
  // A failed sync lost some of them: what is synced later is not all that programs see.
  bool diverged = false;
  std::weak_ptr<int> lock;  // expired: nobody holds it
};

// What Files and Files' open Files share: whether the machine still lives that they were opened on.
struct DiskMount {
  Disk* disk = nullptr;  // nullptr after a crash
  std::size_t files_open = 0;
};

class SimFiles final : public Files {
 public:
  explicit SimFiles(std::shared_ptr<DiskMount> mount) : mount_(std::move(mount)) {}

  base::Result<std::unique_ptr<File>> open(std::string path, OpenMode how,
                                           unsigned mode = 0600) override;
  base::Result<> rename(std::string from, std::string to) override;
  base::Result<> remove(std::string path) override;
  base::Result<> make_directories(std::string path, unsigned mode = 0700) override;
  base::Result<> sync_directory(std::string path) override;
  base::Result<std::vector<FileInfo>> list(std::string path) override;
  base::Result<FileInfo> info(std::string path) override;
  base::Result<std::uint64_t> free_bytes(std::string path) override;
  base::Result<std::unique_ptr<File>> lock(std::string path) override;
  base::Result<std::unique_ptr<FileSystem>> open_system(std::string path) override;

 private:
  std::shared_ptr<DiskMount> mount_;
};

class Disk {
 public:
  explicit Disk(World& world);
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  [[nodiscard]] std::unique_ptr<SimFiles> mount();

  // Loses power. Everything opened before is dead, locks are released.
  void crash(Random& random);
  void crash();  // with the world's randomness
  // The kindest crash: everything unsynced is lost, nothing is torn.
  void crash_to_synced();

  // nullptr: nothing fails. The caller keeps it alive.
  void set_faults(DiskFaults* faults) { faults_ = faults; }
  void set_capacity(std::uint64_t bytes) { capacity_bytes_ = bytes; }
  // An empty directory, as if another file system were mounted there; 0: one without open_system().
  void set_system(std::string_view path, std::uint64_t system);
  // Turns over one bit of a file, in what programs see and in what is durable.
  void flip_bit(std::string_view path, std::uint64_t offset, unsigned bit = 0);

  [[nodiscard]] std::uint64_t operations() const { return operations_; }
  [[nodiscard]] std::uint64_t syncs() const { return syncs_; }  // of files and directories
  [[nodiscard]] std::uint64_t writes() const { return writes_; }
  [[nodiscard]] std::uint64_t bytes_used() const;
  [[nodiscard]] std::size_t files_open() const { return mount_->files_open; }
  // The content of a file as programs see it; a missing one is a CHECK. For assertions; no
  // operation.
  [[nodiscard]] std::string content(std::string_view path) const;
  // What is left of a file when the power fails now and everything unsynced is lost; "" when that
  // is not even its name.
  [[nodiscard]] std::string durable_content(std::string_view path) const;
  [[nodiscard]] bool exists(std::string_view path) const;
  // Of a directory, in order; none when there is no such directory. No operation.
  [[nodiscard]] std::vector<std::string> names(std::string_view directory) const;

 private:
  friend class SimFiles;
  friend class SimFile;
  friend class SimFileSystem;
  using NodePtr = std::shared_ptr<DiskNode>;
  struct Place {  // a name in a directory
    NodePtr directory;
    std::string name;
    [[nodiscard]] NodePtr node() const;
  };
  using NameKey = std::pair<const DiskNode*, std::string>;
  // One step that changes names: `to` (if any) becomes `node`, `from` (if any) disappears.
  struct NameChange {
    Place from;
    Place to;
    NodePtr node;
    [[nodiscard]] std::vector<NameKey> touches() const;
    void apply_durably() const;
  };

  // Counts the operation and asks the faults.
  base::Result<> begin(DiskOperation operation, std::string_view path);
  [[nodiscard]] DiskFault ask(DiskOperation operation, std::string_view path);
  [[nodiscard]] base::Result<Place> find(std::string_view path) const;
  [[nodiscard]] base::Result<NodePtr> find_node(std::string_view path) const;
  [[nodiscard]] NodePtr make_node(const Place& place) const;
  void change_name(NameChange change);
  // Makes durable what touches this directory, and what that depends on.
  void settle_names(const DiskNode& directory);
  void settle_name(const NameKey& key);
  void settle(std::set<NameKey> wanted, const DiskNode* directory);
  static void settle_data(DiskNode& node);
  void settle_system(std::uint64_t system);
  void lose_system(std::uint64_t system);
  [[nodiscard]] base::Result<> reserve(const DiskNode& node, std::uint64_t size);
  void lose(DiskNode& node, Random& random);  // the unsynced writes that reach the disk, or not
  void roll_back(DiskNode& node, Random* random);
  void roll_back_names(Random* random);
  void crash_with(Random* random);

  World& world_;
  NodePtr root_;
  std::shared_ptr<DiskMount> mount_;
  std::vector<NameChange> unsynced_names_;
  DiskFaults* faults_ = nullptr;
  std::uint64_t capacity_bytes_;
  std::uint64_t operations_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t writes_ = 0;
};

}  // namespace io::sim
