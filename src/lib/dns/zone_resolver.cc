// See zone_resolver.h.
#include "lib/dns/zone_resolver.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/dns/names.h"

namespace dns {
namespace {

constexpr std::array types = {Type::a,     Type::ns,  Type::aaaa, Type::mx,  Type::txt,
                              Type::cname, Type::ptr, Type::srv,  Type::tlsa};

std::optional<Type> parse_type(std::string_view word) {
  for (const Type type : types) {
    if (base::iequals(word, to_string(type))) return type;
  }
  return std::nullopt;
}

// Takes a word off the front.
std::string_view next_word(std::string_view& text) {
  text = base::trim(text);
  const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text = base::trim(text.substr(end));
  return word;
}

// "v=spf1 -all" as it stands, or the quoted strings joined.
std::string unquote(std::string_view text) {
  if (!text.starts_with('"')) return std::string(text);
  std::string joined;
  bool inside = false;
  for (const char c : text) {
    if (c == '"') {
      inside = !inside;
    } else if (inside) {
      joined += c;
    }
  }
  return joined;
}

}  // namespace

ZoneResolver::ZoneResolver(std::string_view text, io::Clock* clock) : clock_(clock) {
  const auto added = add(text);
  CHECK(added.has_value(), added ? "" : added.error().detail.c_str());
}

base::Result<> ZoneResolver::add(std::string_view text) {
  for (std::string_view line : base::split(text, '\n')) {
    line = base::trim(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (auto added = add_line(line); !added) {
      return base::fail(base::ErrorKind::invalid,
                        fmt::format("zone text \"{}\": {}", line, added.error().detail));
    }
  }
  return {};
}

base::Result<> ZoneResolver::add_line(std::string_view line) {
  Name& name = names_[name_key(next_word(line))];
  const auto fault = [](std::string_view word) -> std::optional<Fault> {
    if (word == "FAIL") return Fault::fail;
    if (word == "BOGUS") return Fault::bogus;
    if (word == "TIMEOUT") return Fault::timeout;
    if (word == "SLOW") return Fault::slow;
    return std::nullopt;
  };
  const std::string_view word = next_word(line);
  if (word == "SECURE") {
    name.secure = true;
  } else if (word == "TTL") {
    const auto seconds = base::parse_number(line);
    if (!seconds) return base::fail(base::ErrorKind::invalid, "TTL wants seconds");
    name.ttl_seconds = static_cast<std::uint32_t>(*seconds);
  } else if (const auto all = fault(word)) {
    name.fault = *all;
  } else if (const auto type = parse_type(word)) {
    if (const auto one = fault(line)) {
      name.type_faults[*type] = *one;
    } else {
      return add_record(name, *type, line);
    }
  } else {
    return base::fail(base::ErrorKind::invalid, "unknown type");
  }
  return {};
}

base::Result<> ZoneResolver::add_record(Name& name, Type type, std::string_view data) {
  const auto bad = [](const char* why) { return base::fail(base::ErrorKind::invalid, why); };
  Record record;
  switch (type) {
    case Type::a:
    case Type::aaaa: {
      const auto address = io::IpAddress::parse(data);
      if (!address || address->is_v6() != (type == Type::aaaa)) return bad("not such an address");
      record.address = *address;
      break;
    }
    case Type::mx: {
      const auto preference = base::parse_number(next_word(data));
      if (!preference || *preference > 65535 || data.empty())
        return bad("MX wants number and name");
      record.mx = {static_cast<std::uint16_t>(*preference), name_key(data)};
      break;
    }
    case Type::txt: record.data = unquote(data); break;
    case Type::cname:
    case Type::ns:
    case Type::ptr:
    case Type::srv:
      if (data.empty()) return bad("a name is missing");
      record.data = name_key(data);
      break;
    case Type::tlsa: {
      std::array<std::uint8_t, 3> numbers = {};
      for (std::uint8_t& number : numbers) {
        const auto value = base::parse_number(next_word(data));
        if (!value || *value > 255) return bad("TLSA wants three numbers");
        number = static_cast<std::uint8_t>(*value);
      }
      const auto bytes = base::unhex(data);
      if (!bytes) return bad("TLSA wants hex digits");
      record.tlsa = {numbers[0], numbers[1], numbers[2], *bytes};
      break;
    }
  }
  name.records[type].push_back(std::move(record));
  return {};
}

void ZoneResolver::remove(std::string_view name) {
  if (name.empty()) {
    names_.clear();
  } else {
    names_.erase(name_key(name));
  }
}

bool ZoneResolver::exists(std::string_view key) const {
  if (names_.contains(key)) return true;
  // RFC 8020: a name exists when something below it does.
  const std::string below = fmt::format(".{}", key);
  return std::ranges::any_of(names_,
                             [&](const auto& entry) { return entry.first.ends_with(below); });
}

ZoneResolver::Fault ZoneResolver::fault_of(std::string_view key, Type type) const {
  const auto found = names_.find(key);
  if (found == names_.end()) return Fault::none;
  const auto one = found->second.type_faults.find(type);
  return one != found->second.type_faults.end() ? one->second : found->second.fault;
}

Answer ZoneResolver::lookup(std::string_view name, Type type) const {
  Answer answer;
  answer.secure = true;
  answer.ttl_seconds = 3600;
  answer.canonical_name = name_key(name);
  for (unsigned hop = 0; hop <= cname_chain_max; ++hop) {
    const Fault fault = fault_of(answer.canonical_name, type);
    if (fault == Fault::fail || fault == Fault::timeout || fault == Fault::bogus) {
      const bool bogus = fault == Fault::bogus;
      if (bogus) return no_answer("DNSSEC validation failed", Status::bogus);
      return no_answer(fault == Fault::fail ? "SERVFAIL" : "timed out");
    }
    const auto found = names_.find(answer.canonical_name);
    if (found == names_.end()) {
      answer.secure = false;
      answer.status = exists(answer.canonical_name) ? Status::no_data : Status::no_name;
      return answer;
    }
    const Name& here = found->second;
    answer.secure = answer.secure && here.secure;
    answer.ttl_seconds = std::min(answer.ttl_seconds, here.ttl_seconds);
    if (const auto records = here.records.find(type); records != here.records.end()) {
      answer.status = Status::ok;
      answer.records = records->second;
      return answer;
    }
    const auto alias = here.records.find(Type::cname);
    if (alias == here.records.end()) {
      answer.status = Status::no_data;
      return answer;
    }
    answer.canonical_name = alias->second.front().data;
  }
  return no_answer("a chain of CNAMEs without end");
}

io::Task<Answer> ZoneResolver::query(std::string name, Type type) {
  ++queries_;
  Answer answer = lookup(name, type);
  const Fault fault = fault_of(name_key(name), type);
  if (clock_ != nullptr && (fault == Fault::timeout || fault == Fault::slow)) {
    const auto slept =
        co_await io::sleep_for(*clock_, fault == Fault::timeout ? timeout_delay : slow_delay);
    if (!slept) co_return no_answer(slept.error().text());
  }
  co_return answer;
}

}  // namespace dns
