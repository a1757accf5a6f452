// See tlsa.h.
#include "server/certificate/tlsa.h"

namespace server {

std::string tlsa_name(const std::string& hostname) { return "_25._tcp." + hostname; }

io::Task<acme::TlsaView> view_tlsa(io::Ref<dns::Resolver> resolver, std::string name) {
  const dns::Answer answer = co_await resolver->query(std::move(name), dns::Type::tlsa);
  acme::TlsaView view;
  view.known = answer.status == dns::Status::ok || dns::is_negative(answer.status);
  view.ttl = std::chrono::seconds(answer.ttl_seconds);
  for (const dns::Record& record : answer.records) {
    const dns::TlsaRecord& tlsa = record.tlsa;
    // DANE-EE, the key, SHA-256: what we print, and what RFC 7672 §3.1.1 asks for.
    if (tlsa.usage == 3 && tlsa.selector == 1 && tlsa.matching == 1) {
      view.digests.push_back(tlsa.data);
    }
  }
  co_return view;
}

std::string words_of(acme::RolloverStep step) {
  switch (step) {
    case acme::RolloverStep::free:
    case acme::RolloverStep::ready: return {};
    case acme::RolloverStep::publish:
      return "the current key has a TLSA record and the next key has none: publish it beside the "
             "other one; `stagepost certificate show` prints it";
    case acme::RolloverStep::wait:
      return "the TLSA record of the next key is published, but not yet for its TTL: others may "
             "still hold the records of before";
    case acme::RolloverStep::unknown: return "the DNS does not say which TLSA records there are";
  }
  return {};
}

}  // namespace server
