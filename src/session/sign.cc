// See session.h. Signatures of a message that is accepted: once, over what will be stored.
#include "lib/base/text.h"
#include "session/session.h"

namespace session {

io::Task<void> Session::sign(io::Ref<queue::MessageInfo> info,
                             io::Ref<const policy::Verdict> verdict,
                             io::Ref<policy::ReceivedOctets> octets) {
  std::string_view results;
  for (const std::string& field : verdict->header_fields) {
    if (base::istarts_with(field, "Authentication-Results:")) results = field;
  }
  std::string fields = co_await parts_.policy.sign(
      *visit_, transaction_,
      policy::SigningContent{.content = info->content, .octets = *octets, .results = results});
  if (!fields.empty()) info->content.prepend(std::move(fields));
}

}  // namespace session
