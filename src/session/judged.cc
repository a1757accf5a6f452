// See session.h. What every check found about a mail, and which rule decided: one event of it all.
#include "policy/findings_fields.h"
#include "session/addresses.h"
#include "session/session.h"

namespace session {

// Of mail that nobody checked there is nothing to tell, and it costs nothing.
void Session::tell_judged(const policy::Verdict& verdict, const message::Recipient* refused) {
  if (!policy::worth_telling(visit_->findings, verdict)) return;
  base::Event judged = event("message.judged");
  judged.message = transaction_.message;
  judged.fields.emplace_back("from", transaction_.envelope.sender.text());
  judged.fields.emplace_back("to", refused != nullptr
                                       ? refused->address.text()
                                       : join_addresses(transaction_.envelope.recipients));
  for (auto& [key, text] : policy::judged_fields(transaction_, visit_->findings, verdict)) {
    judged.fields.emplace_back(key, std::move(text));
  }
  parts_.events.emit(judged);
}

}  // namespace session
