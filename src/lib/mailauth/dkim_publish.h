// lib/mailauth/dkim_publish.h: does the DNS serve the key that we sign with?
//
// What:    compares the key record in the DNS with a key of ours, before it is used for signing.
// In/Out:  domain, selector, key and a Resolver → PublishedKey.
// Errors:  no Result: trouble with the DNS is a state, and never means "not there".
// Limits:  one query; asking each of the domain's name servers is the caller's.
// Not here: writing the record (dkim_key.h), rotation (directory/, cli/).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/dns/resolver.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/mailauth/dkim_crypto.h"

namespace mailauth {

enum class PublishedState : std::uint8_t {
  same,     // verifiers will find our key
  other,    // a key that is not ours
  revoked,  // an empty p=
  missing,  // no record
  broken,   // a record that verifiers cannot use, or more than one
  trouble,  // the DNS does not answer
};
[[nodiscard]] std::string_view to_string(PublishedState state);

struct PublishedKey {
  PublishedState state = PublishedState::trouble;
  std::string words;     // what is wrong, for people; empty for same
  bool testing = false;  // t=y
};

[[nodiscard]] io::Task<PublishedKey> check_published(io::Ref<dns::Resolver> resolver,
                                                     std::string selector, std::string domain,
                                                     PublicKey key);

}  // namespace mailauth
