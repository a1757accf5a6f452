// server/injector.h: mail of this host's own programs and administrators.
//
// What:    completes the header (Date, Message-ID, From), makes line ends CRLF, expands aliases by
//          the same rule as RCPT, commits.
// In/Out:  admin::Injection → the queue id, once the message is safe on disk.
// Errors:  invalid with the reply's words for a recipient that policy refuses; the queue's own.
// Limits:  message_bytes_max, recipients_max of session/settings.h.
// Not here: SMTP (session/).
#pragma once

#include "admin/queues.h"
#include "server/assemble.h"

namespace server {

class LocalInjector final : public admin::Injector {
 public:
  LocalInjector(Doors doors, Assembly& assembly, directory::Directory& directory,
                base::EventSink& events, const session::Settings& limits)
      : doors_(doors),
        assembly_(assembly),
        directory_(directory),
        events_(events),
        limits_(limits) {}

  io::Task<base::Result<base::MessageId>> inject(admin::Injection injection) override;

 private:
  io::Task<base::Result<policy::Transaction>> judge(const admin::Injection* injection);
  [[nodiscard]] std::string complete(std::string text, const admin::Injection& injection,
                                     base::MessageId id) const;
  void tell(const queue::MessageInfo& info);

  Doors doors_;
  Assembly& assembly_;
  directory::Directory& directory_;
  base::EventSink& events_;
  const session::Settings limits_;
};

}  // namespace server
