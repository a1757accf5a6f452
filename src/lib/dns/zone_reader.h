// lib/dns/zone_reader.h: entries of a zone file, one by one, into a ZoneFile.
//
// What:    $ORIGIN and $TTL, the owner, TTL, class and type of a record, and its data.
// In/Out:  ZoneEntry → records and faults in the ZoneFile.
// Errors:  invalid, with line and remedy.
// Limits:  ZoneFileLimits; names as in rdata.h.
// Not here: words (zone_lexer.h), answering (zone_file.h).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/dns/zone_file.h"
#include "lib/dns/zone_lexer.h"

namespace dns {

// A name as written ("Mail.Example.org.", "a\.b.example") as lower case text without final dot,
// odd octets as \DDD. nullopt: an empty or too long label, a name that is too long, a bad escape.
[[nodiscard]] std::optional<std::string> zone_name_key(std::string_view raw);

class ZoneReader {
 public:
  ZoneReader(ZoneFile& zone, ZoneFileLimits limits) : zone_(zone), limits_(limits) {}

  [[nodiscard]] base::Result<> read(const ZoneEntry& entry);

 private:
  using Words = std::span<const ZoneWord>;
  // What stands before a record's data.
  struct Head {
    std::string type;
    std::uint32_t ttl_seconds = 0;
    Words data;
  };

  [[nodiscard]] base::Result<> read_control(Words words);
  [[nodiscard]] base::Result<> read_record(const ZoneEntry& entry);
  [[nodiscard]] base::Result<Head> read_head(Words words) const;
  [[nodiscard]] base::Result<Record> read_data(Type type, Words data) const;
  [[nodiscard]] base::Result<Record> read_address(Type type, Words data) const;
  [[nodiscard]] base::Result<Record> read_text(Words data) const;
  [[nodiscard]] base::Result<Record> read_service(Words data) const;
  [[nodiscard]] base::Result<Record> read_tlsa(Words data) const;
  [[nodiscard]] base::Result<> read_fault(std::string_view comment);
  // Relative to the origin when it has no final dot.
  [[nodiscard]] base::Result<std::string> name(std::string_view raw) const;
  [[nodiscard]] base::Result<> wants(Words data, std::size_t count, std::string_view what) const;
  [[nodiscard]] std::unexpected<base::Error> bad(std::string_view text) const;
  ZoneFile::Node& node(const std::string& key);

  ZoneFile& zone_;
  const ZoneFileLimits limits_;
  std::size_t records_ = 0;
  std::size_t line_ = 0;
  std::string origin_;  // "" is the root
  std::string owner_;
  bool has_owner_ = false;
  bool after_record_ = false;  // the last entry was a record of owner_
  std::uint32_t ttl_seconds_ = 3600;
};

}  // namespace dns
