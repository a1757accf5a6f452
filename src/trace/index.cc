// See index.h.
#include "trace/index.h"

#include <algorithm>
#include <array>

#include "lib/base/text.h"

namespace trace {
namespace {

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

}  // namespace trace
