// See dkim_publish.h.
#include "lib/mailauth/dkim_publish.h"

#include <fmt/format.h>

#include <utility>

#include "lib/mailauth/dkim_key.h"

namespace mailauth {
namespace {

PublishedKey state_of(PublishedState state, std::string words) {
  return {.state = state, .words = std::move(words), .testing = false};
}

PublishedKey compare(const std::string& name, std::string_view text, const PublicKey& key) {
  const auto record = parse_key_record(text);
  if (!record) {
    return state_of(PublishedState::broken, fmt::format("{}: {}", name, record.error().detail));
  }
  if (record->is_revoked()) {
    return state_of(PublishedState::revoked, name + " says that the key was revoked (p= is empty)");
  }
  if (!record->allows_sha256 || !record->serves_email) {
    return state_of(PublishedState::broken, name + " does not allow sha256 or mail (h=, s=)");
  }
  if (record->type != to_string(key.type())) {
    return state_of(PublishedState::other, fmt::format("{} holds a key of another type than {}",
                                                       name, to_string(key.type())));
  }
  // RSA keys have two forms in p=; as keys they compare.
  const auto published = PublicKey::from_octets(key.type(), record->octets);
  if (!published) {
    return state_of(PublishedState::broken, fmt::format("{}: {}", name, published.error().detail));
  }
  PublishedKey verdict = published->octets() == key.octets()
                             ? state_of(PublishedState::same, {})
                             : state_of(PublishedState::other, name + " holds another key");
  verdict.testing = record->testing;
  return verdict;
}

}  // namespace

std::string_view to_string(PublishedState state) {
  switch (state) {
    case PublishedState::same: return "same";
    case PublishedState::other: return "other";
    case PublishedState::revoked: return "revoked";
    case PublishedState::missing: return "missing";
    case PublishedState::broken: return "broken";
    case PublishedState::trouble: return "trouble";
  }
  std::unreachable();
}

io::Task<PublishedKey> check_published(io::Ref<dns::Resolver> resolver, std::string selector,
                                       std::string domain, PublicKey key) {
  const std::string name = key_record_name(selector, domain);
  const dns::Answer answer = co_await resolver->query(name, dns::Type::txt);
  if (dns::is_negative(answer.status)) {
    co_return state_of(PublishedState::missing, "there is no TXT record at " + name);
  }
  if (answer.status != dns::Status::ok || answer.records.empty()) {
    co_return state_of(PublishedState::trouble,
                       fmt::format("the DNS does not answer for {}: {}", name, answer.why));
  }
  if (answer.records.size() > 1) {  // RFC 6376 §3.6.2.2
    co_return state_of(
        PublishedState::broken,
        fmt::format("{} has {} TXT records; there must be one", name, answer.records.size()));
  }
  co_return compare(name, answer.records.front().data, key);
}

}  // namespace mailauth
