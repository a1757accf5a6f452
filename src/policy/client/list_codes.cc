// See list_codes.h.
#include "policy/client/list_codes.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"

namespace policy {
namespace {

constexpr int any = -1;

// What well-known lists say by their codes, as their operators publish it.
struct Meaning {
  std::string_view zone;  // a name, or the end of one
  int third;              // octets; `any`
  int fourth;
  std::string_view words;
  bool error = false;
};
constexpr std::array meanings = {
    Meaning{"spamhaus.org", 0, 2, "Spamhaus SBL: a known source of spam"},
    Meaning{"spamhaus.org", 0, 3, "Spamhaus CSS: sends spam lately"},
    Meaning{"spamhaus.org", 0, 4, "Spamhaus XBL: an infected or abused machine"},
    Meaning{"spamhaus.org", 0, 5, "Spamhaus XBL: an infected or abused machine"},
    Meaning{"spamhaus.org", 0, 6, "Spamhaus XBL: an infected or abused machine"},
    Meaning{"spamhaus.org", 0, 7, "Spamhaus XBL: an infected or abused machine"},
    Meaning{"spamhaus.org", 0, 9, "Spamhaus DROP: a network in the hands of criminals"},
    Meaning{"spamhaus.org", 0, 10, "Spamhaus PBL: its provider says that it sends no mail itself"},
    Meaning{"spamhaus.org", 0, 11, "Spamhaus PBL: an address for end users"},
    Meaning{"spamhaus.org", 0, 20, "Spamhaus AuthBL: guesses passwords"},
    Meaning{"spamhaus.org", 1, 2, "Spamhaus DBL: a spammer's domain"},
    Meaning{"spamhaus.org", 1, 4, "Spamhaus DBL: a phishing domain"},
    Meaning{"spamhaus.org", 1, 5, "Spamhaus DBL: a malware domain"},
    Meaning{"spamhaus.org", 1, 6, "Spamhaus DBL: a botnet's domain"},
    Meaning{"spamhaus.org", 1, 102, "Spamhaus DBL: an honest domain that is abused for spam"},
    Meaning{"spamhaus.org", 1, 103, "Spamhaus DBL: an abused redirector"},
    Meaning{"spamhaus.org", 1, 104, "Spamhaus DBL: an honest domain that is abused for phishing"},
    Meaning{"spamhaus.org", 1, 105, "Spamhaus DBL: an honest domain that is abused for malware"},
    Meaning{"spamhaus.org", 1, 106, "Spamhaus DBL: an honest domain that is abused by a botnet"},
    Meaning{"spamhaus.org", 1, 255, "it wants domains, not addresses", true},
    Meaning{"spamhaus.org", 2, any, "Spamhaus ZRD: a domain that is a few hours old"},
    Meaning{"bl.spamcop.net", 0, 2, "SpamCop: reported by its users lately"},
    Meaning{"b.barracudacentral.org", 0, 2, "Barracuda: bad reputation"},
    Meaning{"psbl.surriel.com", 0, 2, "PSBL: sent to a spam trap"},
    Meaning{"bl.mailspike.net", 0, 2, "Mailspike: part of a spam wave"},
    Meaning{"bl.mailspike.net", 0, 10, "Mailspike: the worst reputation"},
    Meaning{"bl.mailspike.net", 0, 11, "Mailspike: very bad reputation"},
    Meaning{"bl.mailspike.net", 0, 12, "Mailspike: bad reputation"},
    Meaning{"wl.mailspike.net", 0, 18, "Mailspike: good reputation"},
    Meaning{"wl.mailspike.net", 0, 19, "Mailspike: very good reputation"},
    Meaning{"wl.mailspike.net", 0, 20, "Mailspike: excellent reputation"},
    Meaning{"list.dnswl.org", 0, 255, "this resolver may not ask dnswl.org", true},
    Meaning{"list.dnswl.org", any, 0, "dnswl.org: not a source of spam only"},
    Meaning{"list.dnswl.org", any, 1, "dnswl.org: low trust"},
    Meaning{"list.dnswl.org", any, 2, "dnswl.org: medium trust"},
    Meaning{"list.dnswl.org", any, 3, "dnswl.org: high trust"},
    Meaning{"multi.uribl.com", 0, 2, "URIBL black: a spammer's domain"},
    Meaning{"multi.uribl.com", 0, 4, "URIBL grey: a bulk mailer's domain"},
    Meaning{"multi.uribl.com", 0, 8, "URIBL red: a young domain"},
    Meaning{"dnsbl.dronebl.org", 0, any, "DroneBL: an abused machine"},
};

// Zones of subscribers: KEY.zen.dq.spamhaus.net.
constexpr std::string_view keyed_zone = ".dq.spamhaus.net";

bool is_zone_of(std::string_view zone, std::string_view of) {
  const bool spamhaus = of == "spamhaus.org" && zone.ends_with(keyed_zone);
  return spamhaus || zone == of || (zone.ends_with(of) && zone[zone.size() - of.size() - 1] == '.');
}

const Meaning* known_meaning(std::string_view zone, const io::IpAddress& code) {
  const auto octet = [&code](std::size_t i) {
    return static_cast<int>(static_cast<std::uint8_t>(code.bytes()[i]));
  };
  for (const Meaning& one : meanings) {
    if (!is_zone_of(zone, one.zone) || octet(1) != 0) continue;
    const bool third = one.third == any || one.third == octet(2);
    if (third && (one.fourth == any || one.fourth == octet(3))) return &one;
  }
  return nullptr;
}

// Why the code is no listing, in words; empty: it may be one.
std::string error_of(std::string_view zone, const io::IpAddress& code) {
  const std::string_view octets = code.bytes();
  const auto octet = [&octets](std::size_t i) { return static_cast<std::uint8_t>(octets[i]); };
  // RFC 5782 §2.1: values lie in 127/8. Anything else is a resolver that sends people elsewhere, or
  // a domain that was given up.
  if (code.is_v6() || octet(0) != 127) {
    return "is not in 127.0.0.0/8: the list is gone, or the resolver lies";
  }
  if (octet(1) == 255 && octet(2) == 255) {
    switch (octet(3)) {
      case 252: return "says that there is no such list: is its name misspelt?";
      case 254: return "says that it does not answer public resolvers; use one of your own";
      case 255: return "says that it was asked too often";
      default: return "says that the query was refused";
    }
  }
  // RFC 5782 §2.1 knows no such value, and multi-bit lists refuse with it.
  if (octet(1) == 0 && octet(2) == 0 && octet(3) == 1) return "says that the query was refused";
  const Meaning* known = known_meaning(zone, code);
  return known != nullptr && known->error ? "says: " + std::string(known->words) : std::string();
}

void add_words(std::string& to, std::string_view words) {
  if (words.empty() || to.find(words) != std::string::npos) return;
  if (!to.empty()) to += ", ";
  to += words;
}

// One code that may be a listing.
void read_code(const ListSetting& list, const io::IpAddress& code, ListReading& out) {
  const auto named =
      std::ranges::find_if(list.codes, [&code](const auto& one) { return matches(one, code); });
  if (!list.codes.empty() && named == list.codes.end()) return;
  unsigned weight = list.weight;
  std::string_view words;
  if (named != list.codes.end()) {
    weight = named->weight.value_or(weight);
    words = named->meaning;
  }
  const Meaning* known = words.empty() ? known_meaning(list.zone, code) : nullptr;
  out.state = ListFinding::State::listed;
  out.codes.push_back(code.text());
  add_words(out.meaning, known != nullptr ? known->words : words);
  out.weight = std::max(out.weight, static_cast<int>(weight));
}

}  // namespace

bool matches(const ListCodes& codes, const io::IpAddress& address) {
  if (address.is_v6()) return false;
  for (std::size_t i = 0; i < codes.octets.size(); ++i) {
    const auto octet = static_cast<std::uint8_t>(address.bytes()[i]);
    if (octet < codes.octets.at(i).first || octet > codes.octets.at(i).last) return false;
  }
  return true;
}

ListReading read_list(const ListSetting& list, const dns::Answer& answer) {
  ListReading out;
  if (dns::is_negative(answer.status)) return out;
  if (answer.status != dns::Status::ok) {
    out.state = ListFinding::State::error;
    out.meaning = "no answer: " + answer.why;
    return out;
  }
  for (std::size_t i = 0; i < std::min(answer.records.size(), codes_max); ++i) {
    const io::IpAddress& code = answer.records[i].address;
    // An operator who names a code knows what it means.
    const bool named =
        std::ranges::any_of(list.codes, [&code](const auto& one) { return matches(one, code); });
    const std::string error = error_of(list.zone, code);
    const bool inside = !code.is_v6() && code.bytes()[0] == 127 && code.bytes()[1] == 0;
    if (error.empty() || (named && inside)) {
      read_code(list, code, out);
      continue;
    }
    return {.state = ListFinding::State::error,
            .codes = {code.text()},
            .meaning = fmt::format("its answer {} {}", code.text(), error),
            .weight = 0,
            .accusation = true};
  }
  if (list.kind == ListSetting::Kind::allow) out.weight = -out.weight;
  return out;
}

std::string shown_zone(std::string_view zone) {
  if (!zone.ends_with(keyed_zone)) return std::string(zone);
  const std::size_t dot = zone.find('.');
  return zone.size() - dot <= keyed_zone.size() ? std::string(zone)
                                                : std::string(zone.substr(dot + 1));
}

}  // namespace policy
