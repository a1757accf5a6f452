// See update.h.
#include "lib/dns/update.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/dns/packet.h"
#include "lib/dns/record_text.h"
#include "lib/io/digest.h"

namespace dns {
namespace {

constexpr std::uint16_t opcode_update = 5U << 11U;  // RFC 2136 §1.3
constexpr std::uint16_t opcode_mask = 0x7800;
constexpr std::uint16_t type_soa = 6;
constexpr std::uint16_t type_tsig = 250;
constexpr std::uint16_t class_none = 254;  // RFC 2136 §2.5.4: delete this very record
constexpr std::uint16_t class_any = 255;
constexpr std::uint16_t fudge_seconds = 300;  // RFC 8945 §10
constexpr std::string_view algorithm = "hmac-sha256";
constexpr std::size_t additional_count_at = 10;
constexpr std::size_t data_bytes_max = 16'384;     // of one record
constexpr std::size_t message_bytes_max = 65'000;  // and what signs it comes besides

// RFC 2136 §2.5
std::uint16_t class_of(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::add: return class_in;
    case Change::Kind::remove: return class_none;
    case Change::Kind::remove_set: break;
  }
  return class_any;
}

std::unexpected<base::Error> no_name(std::string_view name) {
  return base::fail(base::ErrorKind::invalid, base::printable(name) + " is no domain name");
}

void put48(std::string& out, std::uint64_t number) {
  put16(out, static_cast<std::uint16_t>(number >> 32U));
  put32(out, static_cast<std::uint32_t>(number & 0xffffffffU));
}

std::uint64_t seconds_of(base::Time time) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 0));
}

// The fields of a TSIG record besides its name and MAC.
struct Tsig {
  std::uint64_t time_signed = 0;
  std::uint16_t fudge = fudge_seconds;
  std::uint16_t error = 0;
  std::string other = {};
};

// RFC 8945 §4.3.3. Nothing when the key's name is none.
std::optional<std::string> mac_of(std::string_view before, std::string_view message,
                                  const TsigKey& key, const Tsig& tsig) {
  std::string octets(before);
  octets += message;
  if (!put_name(octets, key.name)) return std::nullopt;
  put16(octets, class_any);
  put32(octets, 0);  // its TTL
  if (!put_name(octets, algorithm)) return std::nullopt;
  put48(octets, tsig.time_signed);
  put16(octets, tsig.fudge);
  put16(octets, tsig.error);
  put16(octets, static_cast<std::uint16_t>(tsig.other.size()));
  octets += tsig.other;
  return io::hmac_sha256(key.secret, octets);
}

// The additional record at the end, and one more in the header's count (RFC 8945 §5.1).
bool sign(SignedUpdate& update, std::uint16_t id, const TsigKey& key, base::Time now) {
  const Tsig tsig{.time_signed = seconds_of(now)};
  const auto mac = mac_of({}, update.octets, key, tsig);
  if (!mac) return false;
  update.mac = *mac;
  std::string& out = update.octets;
  out[additional_count_at + 1] = 1;
  std::string data;
  if (!put_name(out, key.name) || !put_name(data, algorithm)) return false;
  put48(data, tsig.time_signed);
  put16(data, tsig.fudge);
  put16(data, static_cast<std::uint16_t>(mac->size()));
  data += *mac;
  put16(data, id);
  put16(data, 0);  // no error
  put16(data, 0);  // nothing else
  put16(out, type_tsig);
  put16(out, class_any);
  put32(out, 0);
  put16(out, static_cast<std::uint16_t>(data.size()));
  out += data;
  return true;
}

bool put_change(std::string& out, const Change& change, std::uint32_t ttl_seconds) {
  const bool adds = change.kind == Change::Kind::add;
  std::string data;
  if (change.kind != Change::Kind::remove_set && !put_data(data, change.type, change.record)) {
    return false;
  }
  if (data.size() > data_bytes_max || !put_name(out, change.name)) return false;
  put16(out, static_cast<std::uint16_t>(change.type));
  put16(out, class_of(change.kind));
  put32(out, adds ? ttl_seconds : 0);
  put16(out, static_cast<std::uint16_t>(data.size()));
  out += data;
  return true;
}

// --- the reply -----------------------------------------------------------------------------------

// RFC 2136 §2.2; RFC 8945 §3 for those from 16 on.
std::string words_of(std::uint16_t code) {
  switch (code) {
    case 1: return "FORMERR: it does not understand the update";
    case 2: return "SERVFAIL: the server has trouble with the zone; its log says which";
    case 4: return "NOTIMP: it takes no updates";
    case 5: return "REFUSED: it does not let this host or this key change the name; allow it there";
    case 9:
      return "NOTAUTH: it is not the primary of the zone, or does not know the key; look at "
             "its zones and keys";
    case 10: return "NOTZONE: the name is not in the zone";
    case 16: return "BADSIG: the key's secret is another one there";
    case 17: return "BADKEY: it does not know the key's name; or not with hmac-sha256";
    case 18: return "BADTIME: its clock and ours differ by more than 5 minutes";
    default: return fmt::format("rcode {}", code);
  }
}

std::unexpected<base::Error> malformed() {
  return base::fail(base::ErrorKind::invalid, "the name server's reply is malformed");
}

struct RawTsig {
  std::size_t at = 0;  // where its record begins
  std::string name;    // wire form
  std::string algorithm;
  std::string mac;
  std::uint16_t original_id = 0;
  Tsig fields;
};

std::optional<RawTsig> read_tsig_data(std::string_view data) {
  RawTsig out;
  PacketReader reader(data);
  const auto name = reader.take_name();
  const auto high = reader.take16();
  const auto middle = reader.take16();
  const auto low = reader.take16();
  const auto fudge = reader.take16();
  const auto mac_bytes = reader.take16();
  if (!name || !high || !middle || !low || !fudge || !mac_bytes) return std::nullopt;
  const auto mac = reader.take(*mac_bytes);
  const auto id = reader.take16();
  const auto error = reader.take16();
  const auto other_bytes = reader.take16();
  if (!mac || !id || !error || !other_bytes) return std::nullopt;
  const auto other = reader.take(*other_bytes);
  if (!other || reader.at() != data.size()) return std::nullopt;
  out.algorithm = *name;
  out.mac = *mac;
  out.original_id = *id;
  out.fields = {.time_signed = std::uint64_t{*high} << 32U | std::uint64_t{*middle} << 16U | *low,
                .fudge = *fudge,
                .error = *error,
                .other = std::string(*other)};
  return out;
}

// The last record, if it is a TSIG; an Error when the packet ends before its records do.
base::Result<std::optional<RawTsig>> find_tsig(std::string_view reply) {
  PacketReader reader(reply);
  reader.go_to(header_bytes);
  for (unsigned i = number16(reply, 4); i > 0; --i) {
    if (!reader.take_name() || !reader.take(4)) return malformed();
  }
  const unsigned records = unsigned{number16(reply, 6)} + number16(reply, 8) + number16(reply, 10);
  for (unsigned i = 1; i <= records; ++i) {
    const std::size_t at = reader.at();
    const auto name = reader.take_name();
    const auto type = reader.take16();
    const auto fixed = reader.take(6);  // class and TTL
    const auto bytes = reader.take16();
    const auto data = bytes ? reader.take(*bytes) : std::nullopt;
    if (!name || !type || !fixed || !data) return malformed();
    if (i < records || *type != type_tsig) continue;
    auto tsig = read_tsig_data(*data);
    if (!tsig || *fixed != std::string_view("\0\xff\0\0\0\0", 6)) return malformed();
    tsig->at = at;
    tsig->name = *name;
    return tsig;
  }
  return std::nullopt;
}

bool is_signed_well(std::string_view reply, const RawTsig& tsig, const SentUpdate& sent) {
  std::string message(reply.substr(0, tsig.at));
  const auto additional = static_cast<std::uint16_t>(number16(reply, additional_count_at) - 1);
  message[additional_count_at] = static_cast<char>(additional >> 8U);
  message[additional_count_at + 1] = static_cast<char>(additional & 0xffU);
  message[0] = static_cast<char>(tsig.original_id >> 8U);
  message[1] = static_cast<char>(tsig.original_id & 0xffU);
  std::string before;  // RFC 8945 §5.3.1: the request's MAC with its length
  put16(before, static_cast<std::uint16_t>(sent.mac.size()));
  before += sent.mac;
  std::string key_name;
  std::string algorithm_name;
  if (!put_name(key_name, sent.key->name) || !put_name(algorithm_name, algorithm)) return false;
  const std::uint64_t now = seconds_of(sent.now);
  const std::uint64_t apart =
      now > tsig.fields.time_signed ? now - tsig.fields.time_signed : tsig.fields.time_signed - now;
  const auto mac = mac_of(before, message, *sent.key, tsig.fields);
  return mac && base::lower(tsig.name) == key_name &&
         base::lower(tsig.algorithm) == algorithm_name && apart <= tsig.fields.fudge &&
         io::equal_in_constant_time(*mac, tsig.mac);
}

}  // namespace

Change add_text(std::string name, std::string text) {
  Change change{.name = std::move(name), .type = Type::txt, .record = {}};
  change.record.data = std::move(text);
  return change;
}

base::Result<SignedUpdate> write_update(const Update& update, const std::optional<TsigKey>& key,
                                        base::Time now) {
  if (update.changes.size() > changes_max) {
    return base::fail(base::ErrorKind::limit, "too many changes in one update");
  }
  SignedUpdate out;
  put16(out.octets, update.id);
  put16(out.octets, opcode_update);
  put16(out.octets, 1);  // one zone
  put16(out.octets, 0);  // nothing must be there before
  put16(out.octets, static_cast<std::uint16_t>(update.changes.size()));
  put16(out.octets, 0);
  if (!put_name(out.octets, update.zone)) return no_name(update.zone);
  put16(out.octets, type_soa);
  put16(out.octets, class_in);
  for (const Change& change : update.changes) {
    if (!put_change(out.octets, change, update.ttl_seconds)) {
      return base::fail(
          base::ErrorKind::invalid,
          fmt::format("{} {} {} is no record", base::printable(change.name), to_string(change.type),
                      base::printable(data_text(change.type, change.record))));
    }
  }
  if (out.octets.size() > message_bytes_max) {
    return base::fail(base::ErrorKind::limit, "the update is longer than a DNS message may be");
  }
  if (key && !sign(out, update.id, *key, now)) return no_name(key->name);
  return out;
}

base::Result<> read_update_reply(std::string_view reply, const SentUpdate& sent) {
  if (reply.size() < header_bytes) return malformed();
  const std::uint16_t flags = number16(reply, 2);
  if (number16(reply, 0) != sent.id || (flags & flag_reply) == 0 ||
      (flags & opcode_mask) != opcode_update) {
    return base::fail(base::ErrorKind::invalid, "the name server replied to something else");
  }
  const auto tsig = find_tsig(reply);
  if (!tsig) return std::unexpected(tsig.error());
  const auto rcode = static_cast<std::uint16_t>(flags & rcode_mask);
  const std::uint16_t error = *tsig ? (*tsig)->fields.error : std::uint16_t{0};
  if (error != 0 || rcode != 0) {
    return base::fail(base::ErrorKind::denied, "the name server refuses the update: " +
                                                   words_of(error != 0 ? error : rcode));
  }
  if (!sent.key) return {};
  if (*tsig && is_signed_well(reply, **tsig, sent)) return {};
  return base::fail(base::ErrorKind::invalid,
                    "the name server's reply is not signed with the key that we share");
}

}  // namespace dns
