// server/certificate/tlsa.h: the TLSA records of our own certificate (RFC 6698, RFC 7671).
//
// What:    what the DNS says at _25._tcp.NAME, and the steps of a roll-over in words.
// In/Out:  name → acme::TlsaView.
// Errors:  trouble with the DNS is a view that knows nothing.
// Limits:  those of the resolver.
// Not here: which step it is (lib/acme/renewal.h), records of other hosts (delivery).
#pragma once

#include <string>

#include "lib/acme/renewal.h"
#include "lib/dns/resolver.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace server {

// Where senders look for the records of a host that takes mail at port 25.
[[nodiscard]] std::string tlsa_name(const std::string& hostname);
[[nodiscard]] io::Task<acme::TlsaView> view_tlsa(io::Ref<dns::Resolver> resolver, std::string name);
// What a new key waits for; empty when it waits for nothing.
[[nodiscard]] std::string words_of(acme::RolloverStep step);

}  // namespace server
