// See zone_file.h.
#include "lib/dns/zone_file.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lib/dns/zone_reader.h"

namespace dns {
namespace {

constexpr std::uint32_t negative_ttl_seconds = 300;

std::string_view without_first_label(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

}  // namespace

base::Result<std::unique_ptr<ZoneFile>> ZoneFile::parse(std::string_view text,
                                                        ZoneFileLimits limits) {
  return parse(text, limits, nullptr);
}

base::Result<std::unique_ptr<ZoneFile>> ZoneFile::parse_what_can_be_read(
    std::string_view text, std::vector<std::string>& mistakes, ZoneFileLimits limits) {
  return parse(text, limits, &mistakes);
}

base::Result<std::unique_ptr<ZoneFile>> ZoneFile::parse(std::string_view text,
                                                        ZoneFileLimits limits,
                                                        std::vector<std::string>* mistakes) {
  if (text.size() > limits.text_bytes_max) {
    return base::fail(base::ErrorKind::limit, "the zone text is larger than what is read");
  }
  std::unique_ptr<ZoneFile> zone(new ZoneFile());
  zone->nodes_.try_emplace("");
  ZoneLexer lexer(text);
  ZoneReader reader(*zone, limits);
  while (true) {
    auto entry = lexer.next();
    if (!entry) return std::unexpected(entry.error());
    if (!*entry) return zone;
    if (auto read = reader.read(**entry); !read) {
      if (mistakes == nullptr) return std::unexpected(read.error());
      if (mistakes->size() < mistakes_max) mistakes->push_back(read.error().detail);
    }
  }
}

// RFC 4592 §3.3.1: the wildcard of the closest name above that exists, and of no other.
const ZoneFile::Node* ZoneFile::find(std::string_view key) const {
  if (const auto own = nodes_.find(key); own != nodes_.end()) return &own->second;
  std::string_view encloser = key;
  do {
    encloser = without_first_label(encloser);
  } while (!nodes_.contains(encloser));
  const auto wildcard =
      nodes_.find(encloser.empty() ? std::string("*") : "*." + std::string(encloser));
  return wildcard == nodes_.end() ? nullptr : &wildcard->second;
}

const ZoneFile::Fault* ZoneFile::fault_of(std::string_view key, Type type) const {
  const auto found = faults_.find(key);
  if (found == faults_.end()) return nullptr;
  const Node* node = find(key);
  for (const Fault& fault : found->second) {
    switch (fault.scope) {
      case Fault::Scope::all: return &fault;
      case Fault::Scope::one_type:
        if (fault.type == type) return &fault;
        break;
      case Fault::Scope::absent_types:
        if (node == nullptr || node->set(type) == nullptr) return &fault;
        break;
    }
  }
  return nullptr;
}

Answer ZoneFile::lookup(std::string_view name, Type type) const {
  Answer answer;
  answer.ttl_seconds = std::numeric_limits<std::int32_t>::max();
  auto key = zone_name_key(name);
  if (!key) {  // what cannot be a name does not exist
    answer.status = Status::no_name;
    answer.canonical_name = std::string(name);
    answer.ttl_seconds = negative_ttl_seconds;
    return answer;
  }
  answer.canonical_name = std::move(*key);
  for (unsigned hop = 0; hop <= cname_chain_max; ++hop) {
    if (const Fault* fault = fault_of(answer.canonical_name, type)) return no_answer(fault->why);
    const Node* node = find(answer.canonical_name);
    const Set* set = node == nullptr ? nullptr : node->set(type);
    const Set* alias = node == nullptr || set != nullptr ? nullptr : node->set(Type::cname);
    if (set == nullptr && alias == nullptr) {
      answer.status = node == nullptr ? Status::no_name : Status::no_data;
      answer.ttl_seconds = std::min(answer.ttl_seconds, negative_ttl_seconds);
      return answer;
    }
    answer.ttl_seconds = std::min(answer.ttl_seconds, (set != nullptr ? set : alias)->ttl_seconds);
    if (set != nullptr) {
      answer.status = Status::ok;
      answer.records = set->records;
      return answer;
    }
    answer.canonical_name = alias->records.front().data;
  }
  return no_answer("a chain of CNAMEs without end");
}

io::Task<Answer> ZoneFile::query(std::string name, Type type) { co_return lookup(name, type); }

}  // namespace dns
