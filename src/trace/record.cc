// See record.h.
#include "trace/record.h"

#include <isa-l.h>

#include <algorithm>
#include <cstring>

namespace trace {
namespace {

using base::Event;

template <class T>
char* put(char* at, T value) {
  const auto wide = static_cast<std::uint64_t>(value);
  for (std::size_t i = 0; i < sizeof(T); ++i) *at++ = static_cast<char>(wide >> 8U * i & 0xffU);
  return at;
}

char* put_bytes(char* at, std::string_view bytes) {
  std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

template <class T>
T get(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;)
    value = value << 8U | static_cast<unsigned char>(bytes[i]);
  return static_cast<T>(value);
}

std::string_view cut(std::string_view text, std::size_t bytes_max) {
  return text.substr(0, bytes_max);
}

// They are to find torn writes and holes, not to resist anybody. CRC32C comes from libisal: FNV-1a
// takes an octet at a time, which cost 4 µs for the events of one message.
std::uint32_t checksum_of(std::string_view bytes) {
  auto* data =
      const_cast<unsigned char*>(  // NOLINT(cppcoreguidelines-pro-type-const-cast): its C API
          reinterpret_cast<const unsigned char*>(bytes.data()));
  return ~crc32_iscsi(data, static_cast<int>(bytes.size()), 0xffffffffU);
}

std::uint32_t old_checksum_of(std::string_view bytes) {
  std::uint32_t sum = 0x811c9dc5U;
  for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x01000193U;
  return sum;
}

bool checksum_holds(std::string_view record, std::string_view payload) {
  const auto sum = get<std::uint32_t>(record.substr(4));
  return sum == checksum_of(payload) || sum == old_checksum_of(payload);
}

// Reads values off the front; `ok` turns false for good when there are not enough octets.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  T number() {
    const std::string_view raw = bytes(sizeof(T));
    return raw.size() == sizeof(T) ? get<T>(raw) : T{};
  }
  std::string_view bytes(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }
  [[nodiscard]] bool complete() const { return ok_ && rest_.empty(); }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// One encoding for both kinds of event: an Event owns its values, a view points to them.
template <class AnyEvent>
void append(const AnyEvent& event, std::string& out) {
  const std::size_t count = std::min(event.fields.size(), fields_max);
  const std::string_view name = cut(event.name, name_bytes_max);
  std::size_t size = record_head_bytes + 1 + 8 + 8 + 8 + 1 + name.size() + 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [key, value] = event.fields[i];
    size += 1 + std::min(key.size(), name_bytes_max) + 2 + std::min(value.size(), value_bytes_max);
  }
  const std::size_t begin = out.size();
  out.resize(begin + size);
  char* at = out.data() + begin;
  at = put(at, static_cast<std::uint32_t>(size - record_head_bytes));
  at = put(at, std::uint32_t{0});
  at = put(at, static_cast<std::uint8_t>(event.severity));
  at = put(at, static_cast<std::uint64_t>(event.time.time_since_epoch().count()));
  at = put(at, event.session.value);
  at = put(at, event.message.value);
  at = put(at, static_cast<std::uint8_t>(name.size()));
  at = put_bytes(at, name);
  at = put(at, static_cast<std::uint8_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view key = cut(event.fields[i].first, name_bytes_max);
    const std::string_view value = cut(event.fields[i].second, value_bytes_max);
    at = put(at, static_cast<std::uint8_t>(key.size()));
    at = put_bytes(at, key);
    at = put(at, static_cast<std::uint16_t>(value.size()));
    at = put_bytes(at, value);
  }
}

}  // namespace

std::string_view StoredEvent::field(std::string_view key) const {
  for (const auto& [name_of, value] : fields) {
    if (name_of == key) return value;
  }
  return {};
}

std::string_view EventView::field(std::string_view key) const {
  for (const auto& [name_of, value] : fields) {
    if (name_of == key) return value;
  }
  return {};
}

StoredEvent stored(const EventView& view) {
  StoredEvent event{.severity = view.severity,
                    .name = std::string(view.name),
                    .time = view.time,
                    .session = view.session,
                    .message = view.message,
                    .fields = {}};
  event.fields.reserve(view.fields.size());
  for (const auto& [key, value] : view.fields) event.fields.emplace_back(key, value);
  return event;
}

void append_record(const Event& event, std::string& out) { append(event, out); }
void append_record(const EventView& event, std::string& out) { append(event, out); }

std::size_t seal_record(char* record) {
  const auto size = get<std::uint32_t>({record, sizeof(std::uint32_t)});
  put(record + 4, checksum_of({record + record_head_bytes, size}));
  return record_head_bytes + size;
}

std::optional<std::size_t> record_size(std::string_view bytes) {
  if (bytes.size() < record_head_bytes) return std::nullopt;
  const std::size_t size = record_head_bytes + get<std::uint32_t>(bytes);
  if (size == record_head_bytes || size > record_bytes_max) return std::nullopt;
  return size;
}

bool view_record(std::string_view bytes, Checksum checksum, EventView& into) {
  const auto size = record_size(bytes);
  if (!size || bytes.size() < *size) return false;
  const std::string_view payload = bytes.substr(record_head_bytes, *size - record_head_bytes);
  if (checksum == Checksum::verify && !checksum_holds(bytes, payload)) return false;
  Cursor cursor(payload);
  const auto severity = cursor.number<std::uint8_t>();
  if (severity > static_cast<std::uint8_t>(base::Severity::error)) return false;
  into.severity = static_cast<base::Severity>(severity);
  into.time = base::Time(base::Duration(cursor.number<std::int64_t>()));
  into.session.value = cursor.number<std::uint64_t>();
  into.message.value = cursor.number<std::uint64_t>();
  into.name = cursor.bytes(cursor.number<std::uint8_t>());
  const std::size_t count = cursor.number<std::uint8_t>();
  if (count > fields_max) return false;
  into.fields.clear();
  for (std::size_t i = 0; i < count && cursor.ok(); ++i) {
    const std::string_view key = cursor.bytes(cursor.number<std::uint8_t>());
    into.fields.emplace_back(key, cursor.bytes(cursor.number<std::uint16_t>()));
  }
  return cursor.complete();
}

std::optional<StoredEvent> decode_record(std::string_view bytes, Checksum checksum) {
  EventView view;
  if (!view_record(bytes, checksum, view)) return std::nullopt;
  return stored(view);
}

void RecordSink::emit(const Event& event) {
  if (!wants(event.severity)) return;
  // Kept per thread: after the first events nothing is allocated.
  thread_local std::string scratch;
  scratch.clear();
  append_record(event, scratch);
  record(scratch);
}

}  // namespace trace
