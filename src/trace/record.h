// trace/record.h: one event as bytes, for buffers and trace files.
//
// What:    append_record() encodes an Event (fast, on the emitting loop); decode_record() reads one
//          back.
// In/Out:  base::Event → octets → StoredEvent.
// Errors:  decode gives nullopt for anything that is cut off or does not match its checksum.
// Limits:  name_bytes_max, fields_max, value_bytes_max (longer values are cut), record_bytes_max.
// Not here: files (store.h), text for people (line.h, explain.h).
//
// Format, little endian:  u32 size of the payload · u32 checksum of the payload (0 until
// seal_record; CRC32C, once FNV-1a, which is still read) · payload: u8 severity ·
// i64 time (µs since 1970) · u64 session · u64 message · u8 n, name · u8 field count · per field:
// u8 n, key · u16 n, value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/event.h"

namespace trace {

inline constexpr std::size_t record_head_bytes = 8;
inline constexpr std::size_t name_bytes_max = 64;  // of an event, of a key
inline constexpr std::size_t fields_max = 32;
inline constexpr std::size_t value_bytes_max = 4'096;
inline constexpr std::size_t record_bytes_max =
    record_head_bytes + 32 + name_bytes_max + fields_max * (4 + name_bytes_max + value_bytes_max);

// An Event that owns its texts.
struct StoredEvent {
  base::Severity severity = base::Severity::info;
  std::string name;
  base::Time time;
  base::SessionId session;
  base::MessageId message;
  std::vector<std::pair<std::string, std::string>> fields;

  // The value of that field; empty when there is none.
  [[nodiscard]] std::string_view field(std::string_view key) const;
};

// An event as it lies in a record: texts point into that.
struct EventView {
  base::Severity severity = base::Severity::info;
  std::string_view name;
  base::Time time;
  base::SessionId session;
  base::MessageId message;
  std::vector<std::pair<std::string_view, std::string_view>> fields;

  [[nodiscard]] std::string_view field(std::string_view key) const;
};
[[nodiscard]] StoredEvent stored(const EventView& view);

void append_record(const base::Event& event, std::string& out);
void append_record(const EventView& event, std::string& out);
// Fills in the checksum of the record that `record` begins with; its whole size.
std::size_t seal_record(char* record);
// The whole size of the record at the front, by its head alone; nullopt when that cannot be one.
[[nodiscard]] std::optional<std::size_t> record_size(std::string_view bytes);

enum class Checksum : std::uint8_t { ignore, verify };
[[nodiscard]] std::optional<StoredEvent> decode_record(std::string_view bytes, Checksum checksum);
// The same without copies: `into` is used again and again, so that nothing is allocated. False when
// it is no record.
[[nodiscard]] bool view_record(std::string_view bytes, Checksum checksum, EventView& into);

// A sink that takes events already encoded, so that several share one encoding (tee.h).
class RecordSink : public base::EventSink {
 public:
  void emit(const base::Event& event) final;
  // Would record() drop an event of this severity anyway?
  [[nodiscard]] virtual bool wants(base::Severity severity) const = 0;
  // `record` is what append_record made of an event; it is copied. From any thread.
  virtual void record(std::string_view record) = 0;
};

}  // namespace trace
