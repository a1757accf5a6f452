// delivery/lmtp.h: local mail handed to another program's mailboxes by LMTP (RFC 2033).
//
// What:    the way to the LMTP server of the settings, and a parcel as it goes there: recipients
//          named by their mailboxes; those that the message has visited before are taken out.
// In/Out:  Settings → Route; parcel and mailboxes → LmtpParcel for attempt.h, verdicts of loops.
// Errors:  a text that cannot be read defers; a Delivered-To of the mailbox fails with 554 5.4.6.
// Limits:  the header is searched up to HeaderLimits.
// Not here: the dialogue: it is SMTP's (client.h, transaction.h) with LHLO and a reply for each
//          recipient; Return-Path and Delivered-To, which the LMTP server writes.
#pragma once

#include <memory>
#include <vector>

#include "delivery/maildir.h"
#include "delivery/route.h"
#include "delivery/settings.h"
#include "delivery/transaction.h"
#include "lib/io/ref.h"
#include "queue/courier.h"

namespace delivery {

[[nodiscard]] Route lmtp_route(const Settings& settings, const queue::Destination& destination);

struct LmtpParcel {
  queue::Parcel parcel;           // its recipients' addresses are those of mailboxes
  std::vector<Verdict> verdicts;  // of those that are not in the parcel any more
};

// Body and mailboxes → what goes; both arguments are of the same message.
io::Task<LmtpParcel> prepare_lmtp(queue::Parcel parcel, std::vector<MailboxDelivery> deliveries);

}  // namespace delivery
