// See sidecar.h.
#include "trace/sidecar.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>
#include <span>
#include <string_view>

namespace trace {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

constexpr std::string_view index_magic = "STPGIDX1";
constexpr std::size_t head_bytes = 16;
constexpr std::size_t entry_bytes = 12;
constexpr std::uint64_t block_entries = 340;  // read together: 4 KiB

void put(std::string& out, std::uint64_t value, std::size_t octets) {
  for (; octets > 0; --octets, value >>= 8U) out += static_cast<char>(value & 0xffU);
}

std::uint64_t get(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

}  // namespace

std::string encode_index(std::vector<IndexEntry> entries) {
  std::ranges::sort(entries);
  entries.erase(std::ranges::unique(entries).begin(), entries.end());
  std::string out(index_magic);
  out.reserve(head_bytes + entries.size() * entry_bytes);
  put(out, entries.size(), 8);
  for (const IndexEntry& entry : entries) {
    put(out, entry.key, 8);
    put(out, entry.offset, 4);
  }
  return out;
}

// Some entries that lie one after the other, as they are on the disk.
class Sidecar::Block {
 public:
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t key(std::uint64_t i) const { return get(at(i).substr(0, 8)); }
  [[nodiscard]] std::uint32_t offset(std::uint64_t i) const {
    return static_cast<std::uint32_t>(get(at(i).substr(8)));
  }
  // The first of them whose key is not less.
  [[nodiscard]] std::uint64_t first_not_less(std::uint64_t key) const {
    const auto all = std::views::iota(std::uint64_t{0}, size_);
    return *std::ranges::lower_bound(all, key, {},
                                     [this](std::uint64_t i) { return this->key(i); });
  }
  [[nodiscard]] std::span<char> take(std::uint64_t entries) {
    size_ = std::min(entries, block_entries);
    return std::span(raw_).first(size_ * entry_bytes);
  }

 private:
  [[nodiscard]] std::string_view at(std::uint64_t i) const {
    return std::string_view(raw_.data(), raw_.size()).substr(i * entry_bytes, entry_bytes);
  }

  std::array<char, block_entries * entry_bytes> raw_ = {};
  std::uint64_t size_ = 0;
};

Result<Sidecar> Sidecar::open(std::unique_ptr<io::File> file) {
  std::array<char, head_bytes> raw = {};
  auto read = file->read_at(0, raw);
  if (!read) return std::unexpected(read.error());
  auto size = file->size();
  if (!size) return std::unexpected(size.error());
  const std::string_view bytes(raw.data(), *read);
  if (bytes.size() != head_bytes || !bytes.starts_with(index_magic) ||
      (*size - head_bytes) / entry_bytes != get(bytes.substr(8)) ||
      (*size - head_bytes) % entry_bytes != 0) {
    return fail(ErrorKind::corrupt, "not a whole trace index");
  }
  return Sidecar(std::move(file), get(bytes.substr(8)));
}

Result<std::vector<std::uint32_t>> Sidecar::offsets(std::uint64_t key) {
  auto at = first_not_less(key);
  if (!at) return std::unexpected(at.error());
  std::vector<std::uint32_t> out;
  while (*at < count_ && out.size() < offsets_max) {
    const auto block = read(*at, count_);
    if (!block) return std::unexpected(block.error());
    for (std::uint64_t i = 0; i < block->size(); ++i) {
      if (block->key(i) != key) return out;
      out.push_back(block->offset(i));
    }
    *at += block->size();
  }
  return out;
}

// At most block_entries of [first, end).
Result<Sidecar::Block> Sidecar::read(std::uint64_t first, std::uint64_t end) {
  Block block;
  const std::span<char> into = block.take(end - first);
  auto got = file_->read_at(head_bytes + first * entry_bytes, into);
  if (!got) return std::unexpected(got.error());
  if (*got != into.size()) return fail(ErrorKind::corrupt, "the trace index is cut off");
  return block;
}

// The block around where the key should be nearly always holds it; each one that does not narrows
// the range.
Result<std::uint64_t> Sidecar::first_not_less(std::uint64_t key) {
  std::uint64_t low = 0;
  std::uint64_t high = count_;
  double part = std::ldexp(static_cast<double>(key), -64);
  while (low < high) {
    const auto guess = low + static_cast<std::uint64_t>(part * static_cast<double>(high - low - 1));
    const std::uint64_t first = std::max(low, guess - std::min(guess, block_entries / 2));
    const auto block = read(first, high);
    if (!block) return std::unexpected(block.error());
    if (key <= block->key(0)) {
      high = first;
    } else if (key > block->key(block->size() - 1)) {
      low = first + block->size();
    } else {
      return first + block->first_not_less(key);
    }
    part = 0.5;
  }
  return low;
}

}  // namespace trace
