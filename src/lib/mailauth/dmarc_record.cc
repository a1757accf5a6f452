// See dmarc_record.h.
#include "lib/mailauth/dmarc_record.h"

#include <set>

#include "lib/base/text.h"

namespace mailauth {
namespace {

std::optional<DmarcPolicy> read_policy(std::string_view value) {
  if (base::iequals(value, "none")) return DmarcPolicy::none;
  if (base::iequals(value, "quarantine")) return DmarcPolicy::quarantine;
  if (base::iequals(value, "reject")) return DmarcPolicy::reject;
  return std::nullopt;
}

std::string_view strip(std::string_view text) {
  constexpr std::string_view white = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(white);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

std::vector<std::string> read_addresses(std::string_view value) {
  std::vector<std::string> out;
  for (std::string_view uri : base::split(value, ',')) {
    uri = strip(uri);
    // RFC 7489 §6.2: "!10m" bounded the size; RFC 9989 knows it no more.
    uri = uri.substr(0, uri.find('!'));
    const bool usable = base::istarts_with(uri, "mailto:") || base::istarts_with(uri, "https:");
    if (usable && out.size() < report_addresses_max) out.emplace_back(uri);
  }
  return out;
}

void read_tag(std::string_view name, std::string_view value, DmarcRecord& record) {
  if (name == "sp") record.subdomains = read_policy(value);
  if (name == "np") record.non_existing = read_policy(value);
  if (name == "adkim") record.strict_dkim = base::iequals(value, "s");
  if (name == "aspf") record.strict_spf = base::iequals(value, "s");
  if (name == "t") record.testing = base::iequals(value, "y");
  if (name == "rua") record.rua = read_addresses(value);
  if (name == "ruf") record.ruf = read_addresses(value);
  if (name == "fo") record.fo = base::lower(value);
  if (name == "psd") {
    record.psd = base::iequals(value, "y")   ? DmarcPsd::yes
                 : base::iequals(value, "n") ? DmarcPsd::no
                                             : DmarcPsd::unknown;
  }
}

}  // namespace

std::string_view to_string(DmarcPolicy policy) {
  switch (policy) {
    case DmarcPolicy::none: return "none";
    case DmarcPolicy::quarantine: return "quarantine";
    case DmarcPolicy::reject: return "reject";
  }
  return "none";
}

std::optional<DmarcRecord> parse_dmarc(std::string_view txt) {
  if (txt.size() > dmarc_record_bytes_max) return std::nullopt;
  DmarcRecord record;
  std::optional<DmarcPolicy> policy;
  std::set<std::string, std::less<>> seen;
  bool first = true;
  for (const std::string_view tag : base::split(txt, ';')) {
    const std::size_t equals = tag.find('=');
    if (equals == std::string_view::npos) {
      if (first) return std::nullopt;
      continue;
    }
    const std::string name = base::lower(strip(tag.substr(0, equals)));
    const std::string_view value = strip(tag.substr(equals + 1));
    if (first) {
      // §4.7: v= comes first, and its value is matched with its case.
      if (name != "v" || value != "DMARC1") return std::nullopt;
      first = false;
      continue;
    }
    if (!seen.insert(name).second) continue;  // of a tag that stands twice the first counts
    if (name == "p") policy = read_policy(value);
    read_tag(name, value, record);
  }
  if (first) return std::nullopt;
  // §4.10.1: without a valid p=, or with an sp= or np= that is not, it is a policy of none if
  // somebody wants reports, else nothing; psd= alone marks a place in the tree.
  const bool whole = policy && record.subdomains.has_value() == seen.contains("sp") &&
                     record.non_existing.has_value() == seen.contains("np");
  if (!whole && record.rua.empty() && record.psd == DmarcPsd::unknown) return std::nullopt;
  if (!whole) record.subdomains = record.non_existing = std::nullopt;
  record.policy = whole ? *policy : DmarcPolicy::none;
  return record;
}

}  // namespace mailauth
