// See wire.h.
#include "lib/dns/wire.h"

#include <fmt/format.h>

#include <optional>

#include "lib/base/text.h"
#include "lib/dns/names.h"
#include "lib/dns/packet.h"
#include "lib/dns/rdata.h"

namespace dns {
namespace {

constexpr std::uint16_t flag_authoritative = 0x0400;
constexpr std::uint16_t flag_truncated = 0x0200;

std::optional<std::string> text_of(std::string_view wire_name) { return read_name(wire_name); }

struct RawRecord {
  std::string name;
  std::uint16_t type = 0;
  std::string data;  // names in it without pointers
};

// A TTL and a class lie between type and data (RFC 1035 §4.1.3).
std::optional<RawRecord> take_record(PacketReader& reader) {
  RawRecord record;
  const auto wire_name = reader.take_name();
  const auto name = wire_name ? text_of(*wire_name) : std::nullopt;
  const auto type = reader.take16();
  const auto record_class = reader.take16();
  if (!name || !type || !record_class || !reader.take(4)) return std::nullopt;
  const auto length = reader.take16();
  if (!length) return std::nullopt;
  const std::size_t begin = reader.at();
  const auto data = reader.take(*length);
  if (!data) return std::nullopt;
  record.name = *name;
  record.type = *record_class == class_in ? *type : std::uint16_t{0};
  record.data = *data;
  const bool holds_name = *type == static_cast<std::uint16_t>(Type::cname) ||
                          *type == static_cast<std::uint16_t>(Type::ns) ||
                          *type == static_cast<std::uint16_t>(Type::ptr);
  const bool is_mx = *type == static_cast<std::uint16_t>(Type::mx) && *length > 2;
  if (holds_name || is_mx) {
    const std::size_t fixed = is_mx ? 2 : 0;
    reader.go_to(begin + fixed);
    const auto inner = reader.take_name();
    if (!inner || reader.at() != begin + *length) return std::nullopt;
    record.data.replace(fixed, std::string::npos, *inner);
  }
  return record;
}

std::string why_not(std::uint16_t rcode) {
  switch (rcode) {
    case 2: return "SERVFAIL";
    case 5: return "REFUSED: it does not serve this zone";
    default: return fmt::format("rcode {}", rcode);
  }
}

// The answer section: the question's records, and where CNAMEs lead.
Answer collect(PacketReader& reader, std::uint16_t count, const WireQuestion& question) {
  Answer answer;
  answer.canonical_name = question.name;
  for (std::uint16_t i = 0; i < count && i < reply_records_max; ++i) {
    const auto record = take_record(reader);
    if (!record) return no_answer("a malformed reply");
    if (record->name != answer.canonical_name) continue;
    if (record->type == static_cast<std::uint16_t>(Type::cname) && question.type != Type::cname) {
      const auto target = text_of(record->data);
      if (!target) return no_answer("a malformed CNAME");
      answer.canonical_name = *target;
    } else if (record->type == static_cast<std::uint16_t>(question.type)) {
      auto read = read_record(question.type, record->data);
      if (!read) return no_answer("a malformed record");
      answer.records.push_back(std::move(*read));
    }
  }
  answer.status = Status::ok;
  return answer;
}

}  // namespace

base::Result<std::string> write_query(const WireQuestion& question) {
  std::string out;
  put16(out, question.id);
  put16(out, 0);  // a standard query, without recursion
  put16(out, 1);
  out.append(6, '\0');
  if (question.name.empty() || !put_name(out, question.name)) {
    return base::fail(base::ErrorKind::invalid,
                      base::printable(question.name) + " is no domain name");
  }
  put16(out, static_cast<std::uint16_t>(question.type));
  put16(out, class_in);
  return out;
}

Answer read_reply(std::string_view reply, const WireQuestion& question) {
  if (reply.size() < header_bytes) return no_answer("a reply without a header");
  const std::uint16_t flags = number16(reply, 2);
  if (number16(reply, 0) != question.id || (flags & flag_reply) == 0) {
    return no_answer("a reply to another question");
  }
  const auto rcode = static_cast<std::uint16_t>(flags & rcode_mask);
  if (rcode != 0 && rcode != 3) return no_answer(why_not(rcode));
  if ((flags & flag_truncated) != 0) return no_answer("a reply that was cut");
  PacketReader reader(reply);
  reader.go_to(header_bytes);
  const auto wire_name = number16(reply, 4) == 1 ? reader.take_name() : std::nullopt;
  const auto name = wire_name ? text_of(*wire_name) : std::nullopt;
  const auto type = reader.take16();
  if (!name || *name != question.name || type != static_cast<std::uint16_t>(question.type) ||
      !reader.take16()) {
    return no_answer("a reply to another question");
  }
  if ((flags & flag_authoritative) == 0) {
    return no_answer("the server is not authoritative for this name");
  }
  Answer answer = collect(reader, number16(reply, 6), question);
  const bool moved = answer.canonical_name != question.name;
  if (answer.status != Status::ok || !answer.records.empty() || moved) return answer;
  answer.status = rcode == 3 ? Status::no_name : Status::no_data;
  return answer;
}

}  // namespace dns
