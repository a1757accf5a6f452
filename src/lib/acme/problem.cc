// See problem.h.
#include "lib/acme/problem.h"

#include <fmt/format.h>

#include "lib/base/text.h"

namespace acme {
namespace {

constexpr std::string_view prefix = "urn:ietf:params:acme:error:";

// Where the authority came to look, and did not find us.
std::string_view way_to_us(std::string_view challenge) {
  if (challenge == "http-01") {
    return "The authority asks at port 80 of each address in the name's A and AAAA records: open "
           "it in the firewall, let the records name this host alone, or use another challenge";
  }
  if (challenge == "tls-alpn-01") {
    return "The authority asks at port 443 of each address in the name's A and AAAA records: open "
           "it in the firewall, let the records name this host alone, or use another challenge";
  }
  return "The authority asks every name server of the zone for the TXT record of "
         "_acme-challenge: let all of them serve what the server of acme.dns_server is told";
}

struct Advice {
  std::string_view type;
  std::string_view remedy;
};

// RFC 8555 §6.7.
constexpr Advice table[] = {
    {"dns", "Publish an A or AAAA record for the name, and see that its DNSSEC is whole"},
    {"caa",
     "The domain's CAA record names other authorities: add this one to it, or use another "
     "acme.directory_url"},
    {"rateLimited",
     "The authority's limit was met: wait as long as it says; repeated orders make it worse"},
    {"rejectedIdentifier",
     "The authority gives no certificate for this name: acme.domains must be public host names"},
    {"unsupportedIdentifier", "acme.domains must be host names, not addresses"},
    {"invalidContact", "Write an address that exists into acme.email, or leave it out"},
    {"unsupportedContact", "Write a plain mail address into acme.email, or leave it out"},
    {"externalAccountRequired",
     "This authority wants an account made elsewhere, which Stagepost does not support: use "
     "another acme.directory_url"},
    {"userActionRequired", "Open the authority's page, agree to its new terms, then order again"},
    {"accountDoesNotExist", "Remove account.key from acme.folder: a new account is made"},
    {"badCSR", "Order with a new key: stagepost certificate renew --new-key"},
    {"badPublicKey", "Order with a new key: stagepost certificate renew --new-key"},
    {"serverInternal", "The authority has trouble of its own: it is tried again later"},
    {"orderNotReady", "The authority has trouble of its own: it is tried again later"},
};

}  // namespace

std::string_view short_type(const Problem& problem) {
  const std::string_view type = problem.type;
  return type.starts_with(prefix) ? type.substr(prefix.size()) : std::string_view();
}

std::string_view remedy(const Problem& problem, std::string_view challenge) {
  const std::string_view type = short_type(problem);
  const bool did_not_find_us = type == "connection" || type == "unauthorized" ||
                               type == "incorrectResponse" || type == "tls";
  if (did_not_find_us && !challenge.empty()) return way_to_us(challenge);
  for (const Advice& one : table) {
    if (one.type == type) return one.remedy;
  }
  return {};
}

base::Error error_of(const Problem& problem, std::string_view name, std::string_view challenge) {
  std::string words = name.empty() ? "" : fmt::format("{}: ", name);
  const std::string_view type = short_type(problem);
  words += type.empty() ? "the authority refuses" : base::printable(type);
  if (!problem.detail.empty()) {
    words += ": " + base::printable(problem.detail, detail_bytes_max);
  }
  for (const Problem::Part& part : problem.parts) {
    words += fmt::format("; {}: {}", base::printable(part.name),
                         base::printable(part.detail, detail_bytes_max));
  }
  if (const std::string_view what = remedy(problem, challenge); !what.empty()) {
    if (words.ends_with('.')) words.pop_back();
    words += fmt::format(". {}", what);
  }
  const bool limited = type == "rateLimited";
  return {.kind = limited ? base::ErrorKind::limit : base::ErrorKind::invalid, .detail = words};
}

}  // namespace acme
