// policy/filters/rspamd.h: rspamd asked over HTTP (its /checkv2).
//
// What:    sends the message and what is known of its way, reads the verdict and the changes.
// In/Out:  Transaction + message → FilterOutcome.
// Errors:  `trouble` when it cannot be reached, is late, or answers what is no verdict.
// Limits:  size_max and timeout of the settings; rspamd_answer_bytes_max of the answer. What is
//          larger than size_max is not asked about.
// Not here: the answer's JSON (rspamd_answer.h), what trouble means for the mail (filters.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/dns/resolver.h"
#include "lib/http/message.h"
#include "lib/io/doors.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/io/tls.h"
#include "policy/filters/filter_outcome.h"
#include "policy/filters/settings.h"
#include "policy/received_octets.h"

namespace policy {

struct RspamdParts {
  io::Doors doors;
  dns::Resolver& resolver;
  std::shared_ptr<io::TlsClient> tls;
  std::string hostname;
  std::string client_name;  // empty: not known
};

// "http://127.0.0.1:11333", "https://filter.example", with a path or without.
struct RspamdPlace {
  bool tls = false;
  std::string host;
  std::uint16_t port = 0;
  std::string path;  // without the slash at its end
};
[[nodiscard]] std::optional<RspamdPlace> parse_rspamd_url(std::string_view text);

[[nodiscard]] bool asks_rspamd(const RspamdSettings& settings, const Transaction& transaction);
// The question without its body.
[[nodiscard]] http::Request rspamd_question(const RspamdParts& parts,
                                            const RspamdSettings& settings,
                                            const Transaction& transaction);
[[nodiscard]] io::Task<FilterOutcome> consult_rspamd(RspamdParts parts,
                                                     io::Ref<const RspamdSettings> settings,
                                                     io::Ref<const Transaction> transaction,
                                                     PassingMessage message,
                                                     io::Ref<ReceivedOctets> octets);

}  // namespace policy
