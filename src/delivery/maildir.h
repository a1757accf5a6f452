// delivery/maildir.h: puts a message into Maildirs, so that it survives whatever comes.
//
// What:    one file per mailbox, safe on disk before it counts as delivered. In front of the text
//          stand Return-Path (RFC 5321 §4.4) and Delivered-To; CRLF becomes LF, as is the custom in
//          Maildirs (Dovecot and everybody else reads that). Quarantined mail goes to .Junk.
// In/Out:  message, body and mailboxes → one Verdict each. File work runs on io::Pool.
// Errors:  a full disk is 452 4.3.1, other trouble 451 4.3.0, always temporary; a message that was
//          already delivered to this mailbox (its Delivered-To) fails with 554 5.4.6.
// Limits:  memory_bytes_max of a text in memory, larger ones are written in pieces; the header is
//          searched up to HeaderLimits; MaildirMemory keeps folders_max names.
// Not here: whose mailbox (couriers.cc), names of files (maildir_path.h), which files share their
//          syncs (maildir_writer.h), single file calls (maildir_store.h), quotas.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "delivery/maildir_writer.h"
#include "delivery/settings.h"
#include "delivery/transaction.h"
#include "lib/io/doors.h"
#include "lib/io/ref.h"
#include "lib/message/address.h"
#include "queue/courier.h"

namespace delivery {

inline constexpr std::size_t memory_bytes_max = std::size_t{1} << 20U;

// Maildirs that this process has made or found, and whose names it has synced.
struct MaildirMemory {
  static constexpr std::size_t folders_max = 100'000;
  std::unordered_set<std::string> folders;
};

struct MailboxDelivery {
  std::size_t recipient = 0;  // index into envelope.recipients
  message::Address mailbox;
};

struct MaildirJob {
  io::Doors doors;
  MaildirMemory& memory;
  MaildirWriter& writer;
  const Settings& settings;
  const queue::MessageInfo& message;
  queue::BodyReader& body;
  std::vector<MailboxDelivery> deliveries;
};

io::Task<std::vector<Verdict>> deliver_to_maildirs(io::Ref<MaildirJob> job);

// The beginning of the text, with all of its header as far as that is read.
io::Task<base::Result<std::string>> read_head(io::Ref<queue::BodyReader> body);
// Our own trouble with a mailbox, always temporary; and the end of a loop.
[[nodiscard]] Verdict mailbox_trouble(std::size_t recipient, const base::Error& error);
[[nodiscard]] Verdict loop_verdict(const MailboxDelivery& delivery);

// CRLF → LF over chunks cut anywhere; a CR alone stays. Of a binary message all stays.
class LineEnds {
 public:
  explicit LineEnds(bool binary = false) : keep_(binary) {}
  void convert(std::string_view chunk, std::string& out);
  void finish(std::string& out);

 private:
  const bool keep_;
  bool pending_cr_ = false;
};

// True when the header names this mailbox in a Delivered-To.
[[nodiscard]] bool was_delivered_to(std::string_view header, const message::Address& mailbox);

}  // namespace delivery
