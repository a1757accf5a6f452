// See index.h.
#include "trace/index.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "lib/base/text.h"

namespace trace {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

constexpr std::string_view index_magic = "STPGIDX1";
constexpr std::size_t head_bytes = 16;
constexpr std::size_t entry_bytes = 12;
constexpr std::uint64_t block_entries = 340;  // read together: 4 KiB
// More events of one key in one file are not looked at; a session has fewer.
constexpr std::size_t offsets_max = 100'000;

// Fields that hold one address, or several with commas between them, or a Message-ID.
constexpr std::array<std::string_view, 7> address_fields = {
    "from", "to", "sender", "recipient", "original", "login", "message_id"};

// FNV-1a with 64 bits, then mixed (its high bits alone are poor).
std::uint64_t hash(char kind, std::string_view text) {
  std::uint64_t sum = (0xcbf29ce484222325ULL ^ static_cast<unsigned char>(kind)) * 0x100000001b3ULL;
  for (const char c : text) {
    sum = (sum ^ static_cast<unsigned char>(base::to_lower(c))) * 0x100000001b3ULL;
  }
  sum ^= sum >> 32U;
  return sum * 0x9e3779b97f4a7c15ULL;
}

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

// Every part between commas, without a list of them: this runs for each event of each message.
template <class Use>
void for_each_part(std::string_view text, Use use) {
  for (;;) {
    const std::size_t end = text.find(',');
    use(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

bool is_address_field(std::string_view key) {
  return std::ranges::find(address_fields, key) != address_fields.end();
}

// At most block_entries of them.
Result<std::vector<IndexEntry>> read_block(io::File& sidecar, std::uint64_t first,
                                           std::uint64_t count) {
  std::array<char, block_entries * entry_bytes> raw = {};
  const std::size_t wanted = std::min<std::uint64_t>(count, block_entries) * entry_bytes;
  auto read = sidecar.read_at(head_bytes + first * entry_bytes, std::span(raw).first(wanted));
  if (!read) return std::unexpected(read.error());
  if (*read != wanted) return fail(ErrorKind::corrupt, "the trace index is cut off");
  std::vector<IndexEntry> out;
  for (std::string_view bytes(raw.data(), wanted); !bytes.empty();
       bytes.remove_prefix(entry_bytes)) {
    out.push_back({.key = get(bytes.substr(0, 8)),
                   .offset = static_cast<std::uint32_t>(get(bytes.substr(8, 4)))});
  }
  return out;
}

// The first entry whose key is not less. Keys are hashes, so that a key's value tells its place:
// the block around it nearly always holds it. Each block that does not narrows the range.
Result<std::uint64_t> lower_bound(io::File& sidecar, std::uint64_t count, std::uint64_t key) {
  std::uint64_t low = 0;
  std::uint64_t high = count;
  for (int rounds = 0; low < high; ++rounds) {
    const double part = rounds == 0 ? std::ldexp(static_cast<double>(key), -64) : 0.5;
    const auto guess = low + static_cast<std::uint64_t>(part * static_cast<double>(high - low - 1));
    const std::uint64_t first = std::max(low, guess - std::min(guess, block_entries / 2));
    const auto block = read_block(sidecar, first, high - first);
    if (!block) return std::unexpected(block.error());
    if (key <= block->front().key) {
      high = first;
    } else if (key > block->back().key) {
      low = first + block->size();
    } else {
      const auto at = std::ranges::lower_bound(*block, key, {}, &IndexEntry::key);
      return first + static_cast<std::uint64_t>(at - block->begin());
    }
  }
  return low;
}

Result<std::uint64_t> entry_count(io::File& sidecar) {
  std::array<char, head_bytes> raw = {};
  auto read = sidecar.read_at(0, raw);
  if (!read) return std::unexpected(read.error());
  auto size = sidecar.size();
  if (!size) return std::unexpected(size.error());
  const std::string_view bytes(raw.data(), *read);
  if (bytes.size() != head_bytes || !bytes.starts_with(index_magic) ||
      (*size - head_bytes) / entry_bytes != get(bytes.substr(8)) ||
      (*size - head_bytes) % entry_bytes != 0) {
    return fail(ErrorKind::corrupt, "not a whole trace index");
  }
  return get(bytes.substr(8));
}

}  // namespace

std::string_view bare(std::string_view address) {
  address = base::trim(address);
  if (address.starts_with('<') && address.ends_with('>')) {
    address = address.substr(1, address.size() - 2);
  }
  return address;
}

std::uint64_t message_key(base::MessageId id) { return hash('m', id.text()); }
std::uint64_t session_key(base::SessionId id) { return hash('s', id.text()); }
std::uint64_t session_itself_key(base::SessionId id) { return hash('t', id.text()); }
std::uint64_t address_key(std::string_view address) { return hash('a', bare(address)); }

bool names_address(const StoredEvent& event, std::string_view address) {
  for (const auto& [key, value] : event.fields) {
    if (!is_address_field(key)) continue;
    for (const std::string_view one : base::split(value, ',')) {
      if (base::iequals(bare(one), bare(address))) return true;
    }
  }
  return false;
}

void append_keys(const EventView& event, std::uint32_t offset, std::vector<IndexEntry>& out) {
  const std::size_t begin = out.size();
  if (event.message) out.push_back({message_key(event.message), offset});
  if (event.session.value != 0) {
    out.push_back({session_key(event.session), offset});
    if (!event.message) out.push_back({session_itself_key(event.session), offset});
  }
  for (const auto& [key, value] : event.fields) {
    if (!is_address_field(key)) continue;
    for_each_part(value, [&](std::string_view address) {
      if (bare(address).empty() || out.size() - begin >= keys_per_event_max) return;
      out.push_back({address_key(address), offset});
    });
  }
}

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

Result<std::vector<std::uint32_t>> find_in_index(io::File& sidecar, std::uint64_t key) {
  auto count = entry_count(sidecar);
  if (!count) return std::unexpected(count.error());
  auto at = lower_bound(sidecar, *count, key);
  if (!at) return std::unexpected(at.error());
  std::vector<std::uint32_t> out;
  while (*at < *count && out.size() < offsets_max) {
    const auto block = read_block(sidecar, *at, *count - *at);
    if (!block) return std::unexpected(block.error());
    for (const IndexEntry& entry : *block) {
      if (entry.key != key) return out;
      out.push_back(entry.offset);
    }
    *at += block->size();
  }
  return out;
}

}  // namespace trace
