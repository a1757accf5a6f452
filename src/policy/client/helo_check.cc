// See helo_check.h.
#include "policy/client/helo_check.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/message/address.h"

namespace policy {
namespace {

// The address in "[192.0.2.1]" or "[IPv6:2001:db8::1]".
std::optional<io::IpAddress> address_in(std::string_view literal) {
  if (!message::is_address_literal(literal)) return std::nullopt;
  literal = literal.substr(1, literal.size() - 2);
  constexpr std::string_view tag = "IPv6:";
  if (base::istarts_with(literal, tag)) literal.remove_prefix(tag.size());
  return io::IpAddress::parse(literal);
}

HeloFinding wrong(std::string problem) {
  return {.problem = std::move(problem), .ours = false, .to_lookup = {}};
}

HeloFinding our_address() {
  return {.problem = "it is our own address", .ours = true, .to_lookup = {}};
}

HeloFinding judge_literal(const HeloQuestion& question) {
  const auto address = address_in(question.helo);
  if (!address) return wrong("it is no address literal");
  if (*address == question.client) return {};
  if (*address == question.us) return our_address();
  return wrong("it is not the address that it comes from");
}

HeloFinding judge_name(const HeloQuestion& question, const std::string& key) {
  if (key == "localhost" || key.ends_with(".localhost") || key == "localhost.localdomain") {
    return wrong("every host calls itself localhost");
  }
  if (key.find('.') == std::string::npos) {
    return wrong("it is not a full name: there is no dot in it");
  }
  HeloFinding out{.problem = {}, .ours = false, .to_lookup = key};
  out.ours = key == message::domain_key(question.hostname) || question.known.is_local_domain(key);
  if (out.ours) out.problem = "it is our own name";
  return out;
}

}  // namespace

// RFC 5321 §4.1.1.1 and §4.1.4: the client's own full name or, if it has none, its address literal.
HeloFinding judge_helo(const HeloQuestion& question) {
  std::string_view helo = question.helo;
  if (helo.starts_with('[')) return judge_literal(question);
  if (const auto bare = io::IpAddress::parse(helo)) {
    if (*bare == question.us && *bare != question.client) return our_address();
    return wrong("it is an address without brackets");
  }
  if (helo.ends_with('.')) helo.remove_suffix(1);  // a root dot is no harm
  if (!message::is_domain(helo)) return wrong("it is no host name");
  return judge_name(question, message::domain_key(helo));
}

io::Task<HeloLookup> confirm_helo(io::Ref<dns::Resolver> resolver, std::string name,
                                  io::IpAddress client) {
  const dns::Answer answer =
      co_await resolver->query(std::move(name), client.is_v6() ? dns::Type::aaaa : dns::Type::a);
  if (answer.status != dns::Status::ok) {
    co_return dns::is_negative(answer.status) ? HeloLookup::elsewhere : HeloLookup::unknown;
  }
  const bool leads_back =
      std::ranges::find(answer.records, client, &dns::Record::address) != answer.records.end();
  co_return leads_back ? HeloLookup::confirmed : HeloLookup::elsewhere;
}

}  // namespace policy
