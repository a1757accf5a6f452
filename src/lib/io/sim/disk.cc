// See disk.h.
#include "lib/io/sim/disk.h"

#include <algorithm>
#include <limits>

#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/io/sim/world.h"

namespace io::sim {

namespace {

constexpr std::uint64_t sector_bytes = 512;  // what a disk writes whole or not at all
constexpr std::uint64_t no_capacity = std::numeric_limits<std::uint64_t>::max();

// The parts of a path; "." and empty ones are skipped, ".." goes up.
std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  for (const std::string_view part : base::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  return parts;
}

std::uint64_t size_below(const DiskNode& node) {
  std::uint64_t sum = node.data.size();
  for (const auto& [name, child] : node.entries) sum += size_below(*child);
  return sum;
}

void apply(SparseBytes& data, const DiskNode::Change& change) {
  if (change.kind == DiskNode::Change::Kind::resize) {
    data.resize(change.offset);
  } else {
    data.write(change.offset, change.bytes);
  }
}

template <class Do>
void each_node(DiskNode& node, std::uint64_t system, const Do& act) {
  if (node.system == system) act(node);
  for (const auto& [name, child] : node.entries) each_node(*child, system, act);
}

// Each sector of it by itself; the size may be new although nothing else is.
void apply_torn(SparseBytes& data, const DiskNode::Change& change, Random& random) {
  std::string_view rest = change.bytes;
  std::uint64_t offset = change.offset;
  while (!rest.empty()) {
    const auto part =
        rest.substr(0, static_cast<std::size_t>(sector_bytes - offset % sector_bytes));
    if (random.below(2) == 0) data.write(offset, part);
    offset += part.size();
    rest.remove_prefix(part.size());
  }
  if (offset > data.size() && random.below(2) == 0) data.resize(offset);
}

}  // namespace

Disk::Disk(World& world)
    : world_(world),
      root_(std::make_shared<DiskNode>()),
      mount_(std::make_shared<DiskMount>(DiskMount{this})),
      capacity_bytes_(no_capacity) {
  root_->directory = true;
}

Disk::~Disk() { mount_->disk = nullptr; }

std::unique_ptr<SimFiles> Disk::mount() { return std::make_unique<SimFiles>(mount_); }

DiskFault Disk::ask(DiskOperation operation, std::string_view path) {
  ++operations_;
  world_.note(static_cast<std::uint64_t>(operation));
  if (faults_ == nullptr) return {};
  const std::shared_ptr<DiskMount> mounted = mount_;
  const DiskFault fault = faults_->before(operation, path);
  // The fault may have been the power cut itself: then the operation belongs to the past.
  if (mounted != mount_) return {base::ErrorKind::io, 0};
  return fault;
}

base::Result<> Disk::begin(DiskOperation operation, std::string_view path) {
  const DiskFault fault = ask(operation, path);
  if (!fault.error) return {};
  return base::fail(*fault.error, std::string(path) + ": simulated fault");
}

Disk::NodePtr Disk::Place::node() const {
  const auto found = directory->entries.find(name);
  return found == directory->entries.end() ? nullptr : found->second;
}

base::Result<Disk::Place> Disk::find(std::string_view path) const {
  const auto parts = parts_of(path);
  if (parts.empty()) return base::fail(base::ErrorKind::invalid, "the root has no name");
  NodePtr directory = root_;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const auto found = directory->entries.find(parts[i]);
    if (found == directory->entries.end() || !found->second->directory) {
      return base::fail(base::ErrorKind::not_found, std::string(path) + ": no such directory");
    }
    directory = found->second;
  }
  return Place{directory, std::string(parts.back())};
}

base::Result<Disk::NodePtr> Disk::find_node(std::string_view path) const {
  if (parts_of(path).empty()) return root_;
  const auto place = find(path);
  if (!place) return std::unexpected(place.error());
  NodePtr node = place->node();
  if (node == nullptr) {
    return base::fail(base::ErrorKind::not_found, std::string(path) + ": no such file");
  }
  return node;
}

std::vector<Disk::NameKey> Disk::NameChange::touches() const {
  std::vector<NameKey> keys;
  if (from.directory != nullptr) keys.emplace_back(from.directory.get(), from.name);
  if (to.directory != nullptr) keys.emplace_back(to.directory.get(), to.name);
  return keys;
}

void Disk::NameChange::apply_durably() const {
  if (from.directory != nullptr) from.directory->durable_entries.erase(from.name);
  if (to.directory != nullptr) to.directory->durable_entries[to.name] = node;
}

Disk::NodePtr Disk::make_node(const Place& place) const {
  auto node = std::make_shared<DiskNode>();
  node->system = place.directory->system;
  node->modified = world_.wall();
  return node;
}

void Disk::change_name(NameChange change) {
  if (change.from.directory != nullptr) change.from.directory->entries.erase(change.from.name);
  if (change.to.directory != nullptr) change.to.directory->entries[change.to.name] = change.node;
  unsynced_names_.push_back(std::move(change));
}

void Disk::settle_names(const DiskNode& directory) { settle({}, &directory); }

void Disk::settle_name(const NameKey& key) { settle({key}, nullptr); }

// Backwards, because a step needs every earlier one on the same names.
void Disk::settle(std::set<NameKey> wanted, const DiskNode* directory) {
  std::vector<bool> chosen(unsynced_names_.size(), false);
  for (std::size_t i = unsynced_names_.size(); i-- > 0;) {
    const auto keys = unsynced_names_[i].touches();
    chosen[i] = std::any_of(keys.begin(), keys.end(), [&](const NameKey& key) {
      return key.first == directory || wanted.contains(key);
    });
    if (chosen[i]) wanted.insert(keys.begin(), keys.end());
  }
  std::vector<NameChange> left;
  for (std::size_t i = 0; i < unsynced_names_.size(); ++i) {
    if (chosen[i]) {
      unsynced_names_[i].apply_durably();
    } else {
      left.push_back(std::move(unsynced_names_[i]));
    }
  }
  unsynced_names_ = std::move(left);
}

// What is durable is mostly what programs see: then both have the same pages, and are there once.
void Disk::settle_data(DiskNode& node) {
  for (const DiskNode::Change& change : node.unsynced) {
    if (node.diverged || change.kind == DiskNode::Change::Kind::resize) {
      apply(node.durable_data, change);
    } else {
      node.durable_data.share(node.data, change.offset, change.bytes.size());
    }
  }
  node.unsynced.clear();
}

void Disk::settle_system(std::uint64_t system) {
  each_node(*root_, system, [](DiskNode& node) { settle_data(node); });
  std::erase_if(unsynced_names_, [&](const NameChange& change) {
    const NodePtr& directory =
        change.to.directory != nullptr ? change.to.directory : change.from.directory;
    if (directory->system != system) return false;
    change.apply_durably();
    return true;
  });
}

void Disk::lose_system(std::uint64_t system) {
  each_node(*root_, system, [&](DiskNode& node) { lose(node, world_.random()); });
}

void Disk::set_system(std::string_view path, std::uint64_t system) {
  const auto found = find_node(path);
  CHECK(found.has_value() && (*found)->directory && (*found)->entries.empty(),
        "a file system is mounted at an empty directory");
  (*found)->system = system;
}

base::Result<> Disk::reserve(const DiskNode& node, std::uint64_t size) {
  if (capacity_bytes_ == no_capacity || size <= node.data.size()) return {};
  if (bytes_used() + (size - node.data.size()) <= capacity_bytes_) return {};
  return base::fail(base::ErrorKind::no_space, "the simulated disk is full");
}

std::uint64_t Disk::bytes_used() const { return size_below(*root_); }

void Disk::lose(DiskNode& node, Random& random) {
  node.diverged = node.diverged || !node.unsynced.empty();
  for (const DiskNode::Change& change : node.unsynced) {
    const std::uint64_t luck = random.below(4);
    if (luck == 0) {
      apply(node.durable_data, change);
    } else if (luck >= 2) {
      if (change.kind == DiskNode::Change::Kind::write) {
        apply_torn(node.durable_data, change, random);
      } else if (luck == 2) {
        apply(node.durable_data, change);
      }
    }
  }
  node.unsynced.clear();
}

void Disk::crash(Random& random) { crash_with(&random); }

void Disk::crash() { crash_with(&world_.random()); }

void Disk::crash_to_synced() { crash_with(nullptr); }

void Disk::crash_with(Random* random) {
  mount_->disk = nullptr;
  mount_ = std::make_shared<DiskMount>(DiskMount{this});
  roll_back_names(random);
  roll_back(*root_, random);
}

void Disk::roll_back_names(Random* random) {
  std::set<NameKey> lost;  // a name that lost a step loses the later ones, too
  for (const NameChange& change : unsynced_names_) {
    const auto keys = change.touches();
    const bool possible = std::none_of(keys.begin(), keys.end(),
                                       [&](const NameKey& key) { return lost.contains(key); });
    if (random != nullptr && random->below(2) == 0 && possible) {
      change.apply_durably();
    } else {
      lost.insert(keys.begin(), keys.end());
    }
  }
  unsynced_names_.clear();
}

void Disk::roll_back(DiskNode& node, Random* random) {
  if (random != nullptr) lose(node, *random);
  node.unsynced.clear();
  node.data = node.durable_data;
  node.diverged = false;
  node.entries = node.durable_entries;
  node.lock.reset();
  for (const auto& [name, child] : node.entries) roll_back(*child, random);
}

void Disk::flip_bit(std::string_view path, std::uint64_t offset, unsigned bit) {
  const auto found = find_node(path);
  CHECK(found.has_value(), "flip_bit in a file that exists");
  for (SparseBytes* data : {&(*found)->data, &(*found)->durable_data}) {
    char byte = 0;
    if (data->read(offset, {&byte, 1}) == 0) continue;
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit % 8)));
    data->write(offset, {&byte, 1});
  }
}

std::string Disk::content(std::string_view path) const {
  const auto found = find_node(path);
  CHECK(found.has_value(), "the content of a file that exists");
  std::string bytes(static_cast<std::size_t>((*found)->data.size()), '\0');
  (void)(*found)->data.read(0, bytes);
  return bytes;
}

std::string Disk::durable_content(std::string_view path) const {
  NodePtr node = root_;
  for (const std::string_view part : parts_of(path)) {
    const auto found = node->durable_entries.find(part);
    if (found == node->durable_entries.end()) return {};
    node = found->second;
  }
  std::string bytes(static_cast<std::size_t>(node->durable_data.size()), '\0');
  (void)node->durable_data.read(0, bytes);
  return bytes;
}

bool Disk::exists(std::string_view path) const { return find_node(path).has_value(); }

std::vector<std::string> Disk::names(std::string_view directory) const {
  std::vector<std::string> names;
  const auto found = find_node(directory);
  if (!found) return names;
  for (const auto& [name, node] : (*found)->entries) names.push_back(name);
  return names;
}

}  // namespace io::sim
