// report/incoming/inbox_courier.h: carries mail for a report inbox of ours into reports.db.
//
// What:    stands in front of the real courier: a mail to an inbox is read; reports are stored,
//          what is not one goes on into the mailbox, for a person to see.
// In/Out:  queue::Courier; all that is not for an inbox goes to `next` untouched.
// Errors:  a database that cannot be written defers the mail; mail that is too large goes on.
// Limits:  mail_bytes_max of IncomingSettings in memory, readers_max mails at once.
// Not here: reading (mail_reader.h), whether an inbox exists: it is a mailbox of the directory, so
//          that RCPT knows it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/event.h"
#include "lib/io/doors.h"
#include "queue/courier.h"
#include "report/reports.h"

namespace report {

class InboxCourier final : public queue::Courier {
 public:
  struct Parts {
    io::Doors doors;
    queue::Courier& next;
    Reports* reports;  // null: there are no inboxes
    base::EventSink& events;
  };
  explicit InboxCourier(Parts parts) : parts_(parts) {}

  [[nodiscard]] queue::Destination destination(const message::Envelope& envelope,
                                               const message::Recipient& recipient) const override;
  io::Task<std::vector<queue::Outcome>> deliver(queue::Parcel parcel) override;

 private:
  enum class Fate : std::uint8_t { stored, pass_on, not_now };
  struct Read {
    Fate fate = Fate::pass_on;
    std::string words;
  };
  io::Task<Read> read(std::shared_ptr<const queue::MessageInfo> message, queue::BodyReader* body);

  Parts parts_;
};

}  // namespace report
