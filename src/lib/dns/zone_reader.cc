// See zone_reader.h.
#include "lib/dns/zone_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "lib/base/text.h"
#include "lib/dns/rdata.h"

namespace dns {
namespace {

using base::Result;

constexpr std::size_t label_bytes_max = 63;  // RFC 1035 §2.3.4
constexpr std::size_t txt_bytes_max = 65'535;

constexpr std::array types = {Type::a,   Type::aaaa, Type::mx,   Type::txt, Type::cname,
                              Type::ptr, Type::srv,  Type::tlsa, Type::ns};
// Types that zone files have and nobody here asks for.
constexpr auto passed_over = std::to_array<std::string_view>(
    {"SOA",    "NS",    "SPF",   "CAA",     "DS",         "DNSKEY", "RRSIG", "NSEC",
     "NSEC3",  "CDS",   "DNAME", "CDNSKEY", "NSEC3PARAM", "HINFO",  "RP",    "LOC",
     "NAPTR",  "SSHFP", "SVCB",  "HTTPS",   "OPENPGPKEY", "SMIMEA", "CERT",  "URI",
     "WKS",    "AFSDB", "KX",    "APL",     "IPSECKEY",   "DHCID",  "HIP",   "CSYNC",
     "ZONEMD", "EUI48", "EUI64", "DLV",     "MINFO",      "ISDN"});

std::optional<Type> parse_type(std::string_view word) {
  for (const Type type : types) {
    if (base::iequals(word, to_string(type))) return type;
  }
  return std::nullopt;
}

bool is_passed_over(std::string_view word) {
  // RFC 3597 §5: TYPE65280.
  if (base::istarts_with(word, "TYPE")) return base::parse_number(word.substr(4)).has_value();
  return std::ranges::any_of(passed_over,
                             [word](const auto type) { return base::iequals(word, type); });
}

// "3600", and "1h30m" as many servers write it.
std::optional<std::uint32_t> parse_ttl(std::string_view word) {
  std::uint64_t total = 0;
  while (!word.empty()) {
    const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
    const auto count = base::parse_number(word.substr(0, digits));
    if (!count || *count > 0x7fffffff) return std::nullopt;  // RFC 2181 §8
    word.remove_prefix(digits);
    std::uint64_t unit = 1;
    if (!word.empty()) {
      switch (base::to_lower(word.front())) {
        case 's': unit = 1; break;
        case 'm': unit = 60; break;
        case 'h': unit = 3600; break;
        case 'd': unit = 86'400; break;
        case 'w': unit = 604'800; break;
        default: return std::nullopt;
      }
      word.remove_prefix(1);
    }
    total += *count * unit;
    if (total > 0x7fffffff) return std::nullopt;
  }
  return static_cast<std::uint32_t>(total);
}

// Ends with a dot that is not escaped.
bool is_absolute(std::string_view raw) {
  if (!raw.ends_with('.')) return false;
  raw.remove_suffix(1);
  std::size_t slashes = 0;
  while (raw.ends_with('\\')) {
    raw.remove_suffix(1);
    ++slashes;
  }
  return slashes % 2 == 0;
}

// A name that needs no escapes; nullopt when it does.
std::optional<std::string> plain_name(std::string_view name) {
  std::string key(name);
  std::size_t label = 0;
  for (char& c : key) {
    if (c <= ' ' || c >= 0x7f || c == '\\') return std::nullopt;
    label = c == '.' ? 0 : label + 1;
    if (label > label_bytes_max) return std::nullopt;
    c = base::to_lower(c);
  }
  const bool empty_label = key.starts_with('.') || key.ends_with('.') || key.contains("..");
  if (empty_label || key.size() + 2 > name_bytes_max) return std::nullopt;
  return key;
}

// The labels in the form that rdata.h reads: a length, then the octets.
std::optional<std::string> wire_name(std::string_view raw) {
  std::string wire;
  while (!raw.empty()) {
    std::size_t end = 0;
    while (end < raw.size() && raw[end] != '.') end += raw[end] == '\\' ? 2 : 1;
    if (end > raw.size()) return std::nullopt;
    const auto label = zone_octets(raw.substr(0, end));
    if (!label || label->empty() || label->size() > label_bytes_max) return std::nullopt;
    wire += static_cast<char>(label->size());
    wire += *label;
    raw.remove_prefix(std::min(end + 1, raw.size()));
  }
  wire += '\0';
  return wire;
}

bool same_data(const Record& a, const Record& b) {
  return a.data == b.data && a.address == b.address && a.mx.preference == b.mx.preference &&
         a.mx.exchange == b.mx.exchange && a.tlsa.usage == b.tlsa.usage &&
         a.tlsa.selector == b.tlsa.selector && a.tlsa.matching == b.tlsa.matching &&
         a.tlsa.data == b.tlsa.data;
}

std::optional<std::uint64_t> small_number(const ZoneWord& word, std::uint64_t max) {
  const auto number = base::parse_number(word.raw);
  return number && *number <= max ? number : std::nullopt;
}

}  // namespace

std::optional<std::string> zone_name_key(std::string_view raw) {
  if (raw.empty() || raw == ".") return std::string();
  if (is_absolute(raw)) raw.remove_suffix(1);
  if (auto key = plain_name(raw)) return key;
  const auto wire = wire_name(raw);
  if (!wire) return std::nullopt;
  std::string_view rest = *wire;
  return read_name(rest);
}

Result<> ZoneReader::read(const ZoneEntry& entry) {
  line_ = entry.line;
  if (entry.words.empty()) return read_fault(entry.comment);
  after_record_ = false;
  const bool control = !entry.owner_left_out && entry.words.front().raw.starts_with('$');
  return control ? read_control(entry.words) : read_record(entry);
}

// RFC 1035 §5.1 and RFC 2308 §4.
Result<> ZoneReader::read_control(Words words) {
  const std::string_view what = words.front().raw;
  if (base::iequals(what, "$ORIGIN") && words.size() == 2) {
    auto origin = name(words[1].raw);
    if (!origin) return std::unexpected(origin.error());
    origin_ = std::move(*origin);
    return {};
  }
  if (base::iequals(what, "$TTL") && words.size() == 2) {
    const auto ttl = parse_ttl(words[1].raw);
    if (!ttl) return bad("$TTL wants seconds, or a time such as 1h30m");
    ttl_seconds_ = *ttl;
    return {};
  }
  if (base::iequals(what, "$INCLUDE") || base::iequals(what, "$GENERATE")) {
    return bad(fmt::format("{} is not followed; remedy: write the records into this text", what));
  }
  return bad(fmt::format("\"{}\" is no control entry; remedy: $ORIGIN NAME or $TTL SECONDS",
                         base::printable(what, 40)));
}

Result<> ZoneReader::read_record(const ZoneEntry& entry) {
  Words words = entry.words;
  if (!entry.owner_left_out) {
    auto owner = name(words.front().raw);
    if (!owner) return std::unexpected(owner.error());
    owner_ = std::move(*owner);
    has_owner_ = true;
    words = words.subspan(1);
  } else if (!has_owner_) {
    return bad("a record without a name before any name; remedy: begin the line with its name");
  }
  const auto head = read_head(words);
  if (!head) return std::unexpected(head.error());
  if (++records_ > limits_.records_max) return bad("there are more records than are read");
  const auto type = parse_type(head->type);
  ZoneFile::Node& here = node(owner_);
  after_record_ = true;
  if (!type) return {};
  auto record = read_data(*type, head->data);
  if (!record) return std::unexpected(record.error());
  const auto [at, first] =
      here.sets.try_emplace(*type, ZoneFile::Set{.ttl_seconds = head->ttl_seconds, .records = {}});
  ZoneFile::Set& set = at->second;
  set.ttl_seconds = std::min(set.ttl_seconds, head->ttl_seconds);
  // RFC 2181 §5: a set has no record twice.
  if (std::ranges::none_of(set.records, [&](const auto& old) { return same_data(old, *record); })) {
    set.records.push_back(std::move(*record));
  }
  return {};
}

// RFC 1035 §5.1: TTL and class are optional and come in either order.
Result<ZoneReader::Head> ZoneReader::read_head(Words words) const {
  Head head{.type = {}, .ttl_seconds = ttl_seconds_, .data = {}};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i].raw;
    if (words[i].quoted) break;
    if (parse_type(word) || is_passed_over(word)) {
      head.type = std::string(word);
      head.data = words.subspan(i + 1);
      return head;
    }
    if (base::iequals(word, "IN")) continue;
    if (base::iequals(word, "CH") || base::iequals(word, "HS") || base::iequals(word, "CS")) {
      return bad("only class IN is answered; remedy: take the record out");
    }
    const auto ttl = !word.empty() && base::is_digit(word.front()) ? parse_ttl(word) : std::nullopt;
    if (!ttl) {
      return bad(fmt::format("\"{}\" is no record type; remedy: NAME [TTL] [IN] TYPE DATA",
                             base::printable(word, 40)));
    }
    head.ttl_seconds = *ttl;
  }
  return bad("the record has no type; remedy: NAME [TTL] [IN] TYPE DATA");
}

Result<Record> ZoneReader::read_data(Type type, Words data) const {
  switch (type) {
    case Type::a:
    case Type::aaaa: return read_address(type, data);
    case Type::txt: return read_text(data);
    case Type::srv: return read_service(data);
    case Type::tlsa: return read_tlsa(data);
    case Type::cname:
    case Type::ns:
    case Type::ptr: {
      if (auto fits = wants(data, 1, "one name"); !fits) return std::unexpected(fits.error());
      auto target = name(data[0].raw);
      if (!target) return std::unexpected(target.error());
      Record record;
      record.data = std::move(*target);
      return record;
    }
    case Type::mx: {
      if (auto fits = wants(data, 2, "a number and a name"); !fits) {
        return std::unexpected(fits.error());
      }
      const auto preference = small_number(data[0], 65'535);
      if (!preference) return bad("MX wants a number up to 65535, then a name");
      auto exchange = name(data[1].raw);
      if (!exchange) return std::unexpected(exchange.error());
      Record record;
      record.mx = {static_cast<std::uint16_t>(*preference), std::move(*exchange)};
      return record;
    }
  }
  return bad("a type that is not read");
}

Result<Record> ZoneReader::read_address(Type type, Words data) const {
  if (auto fits = wants(data, 1, "one address"); !fits) return std::unexpected(fits.error());
  const auto address = io::IpAddress::parse(data[0].raw);
  const bool v6 = data[0].raw.contains(':');  // a v4-mapped address is read as the v4 address
  if (!address || v6 != (type == Type::aaaa)) {
    return bad(fmt::format("\"{}\" is no address of type {}", base::printable(data[0].raw, 60),
                           to_string(type)));
  }
  Record record;
  record.address = *address;
  return record;
}

Result<Record> ZoneReader::read_text(Words data) const {
  if (data.empty()) return bad("TXT has no text; remedy: TXT \"text\"");
  Record record;
  for (const ZoneWord& word : data) {
    const auto octets = zone_octets(word.raw);
    if (!octets) return bad("an escape that is none; remedy: \\\" or \\DDD up to \\255");
    record.data += *octets;
    if (record.data.size() > txt_bytes_max) return bad("the text is longer than a record can be");
  }
  return record;
}

Result<Record> ZoneReader::read_service(Words data) const {
  constexpr std::string_view what = "priority, weight, port and a name";
  if (auto fits = wants(data, 4, what); !fits) return std::unexpected(fits.error());
  Record record;
  for (const ZoneWord& word : data.first(3)) {
    const auto number = small_number(word, 65'535);
    if (!number) return bad(fmt::format("SRV wants {}", what));
    record.data += fmt::format("{} ", *number);
  }
  const auto target = name(data[3].raw);
  if (!target) return std::unexpected(target.error());
  record.data += *target;
  return record;
}

Result<Record> ZoneReader::read_tlsa(Words data) const {
  std::array<std::uint8_t, 3> numbers = {};
  constexpr std::string_view what = "TLSA wants three numbers up to 255 and hex digits";
  if (data.size() <= numbers.size()) return bad(what);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto number = small_number(data[i], 255);
    if (!number) return bad(what);
    numbers[i] = static_cast<std::uint8_t>(*number);
  }
  std::string digits;
  for (const ZoneWord& word : data.subspan(numbers.size())) digits += word.raw;
  auto octets = base::unhex(digits);
  if (!octets || octets->empty()) return bad(what);
  Record record;
  record.tlsa = {numbers[0], numbers[1], numbers[2], std::move(*octets)};
  return record;
}

// "servfail NAME", "timeout NAME [TYPE]"; other comments that begin with "!" are only comments.
Result<> ZoneReader::read_fault(std::string_view comment) {
  const auto words = base::words(comment);
  if (words.empty()) return {};
  const bool timeout = base::iequals(words[0], "timeout");
  if (!timeout && !base::iequals(words[0], "servfail")) return {};
  if (words.size() < 2) return bad(fmt::format("\"!{0}\" wants a name: ; !{0} NAME", words[0]));
  ZoneFile::Fault fault{.why = timeout ? "timed out" : "SERVFAIL"};
  if (words.size() > 2) {
    const auto type = parse_type(words[2]);
    if (!type) return bad(fmt::format("\"{}\" is no record type", base::printable(words[2], 40)));
    fault.scope = ZoneFile::Fault::Scope::one_type;
    fault.type = *type;
  }
  auto whole = name(words[1]);
  if (!whole) return std::unexpected(whole.error());
  if (words.size() == 2 && after_record_ && *whole == owner_) {
    fault.scope = ZoneFile::Fault::Scope::absent_types;
  }
  // Outside of a record people write names out; so a name is taken in both ways.
  const auto written = zone_name_key(words[1]);
  if (words[1] != "@" && written && *written != *whole) {
    ZoneFile::Fault copy = fault;
    if (after_record_ && words.size() == 2 && *written == owner_) {
      copy.scope = ZoneFile::Fault::Scope::absent_types;
    }
    zone_.faults_[*written].push_back(std::move(copy));
  }
  zone_.faults_[std::move(*whole)].push_back(std::move(fault));
  return {};
}

Result<std::string> ZoneReader::name(std::string_view raw) const {
  if (raw == "@") return origin_;
  auto key = zone_name_key(raw);
  if (key && !key->empty() && !is_absolute(raw) && !origin_.empty()) {
    *key += '.';
    *key += origin_;
    key = zone_name_key(*key);  // the whole may be too long
  }
  if (!key) {
    return bad(fmt::format("\"{}\" is no domain name; remedy: labels of 1 to 63 octets with dots",
                           base::printable(raw, 80)));
  }
  return std::move(*key);
}

Result<> ZoneReader::wants(Words data, std::size_t count, std::string_view what) const {
  if (data.size() == count) return {};
  return bad(fmt::format("the record wants {}, and nothing else", what));
}

std::unexpected<base::Error> ZoneReader::bad(std::string_view text) const {
  return zone_error(line_, text);
}

// With the names above it: they exist, too (RFC 8020, empty non-terminals of RFC 4592 §2.2.2).
ZoneFile::Node& ZoneReader::node(const std::string& key) {
  const auto [here, fresh] = zone_.nodes_.try_emplace(key);
  if (!fresh) return here->second;
  for (std::string_view above = key; above.contains('.');) {
    above.remove_prefix(above.find('.') + 1);
    if (!zone_.nodes_.try_emplace(std::string(above)).second) break;
  }
  return zone_.nodes_.find(key)->second;
}

}  // namespace dns
