// policy/signing/content_reader.h: the message as it will be stored, octet by octet.
//
// What:    header_before_same_body: the header after all edits, when the body is the one that
//          streamed by; ContentReader: all octets in order, for when it is not.
// In/Out:  message::Content and the received octets → text, chunks.
// Errors:  those of ReceivedOctets; io when it ends before the content does.
// Limits:  ReceivedOctets::read_bytes_max at once.
// Not here: what the octets are for (signing.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/io/task.h"
#include "lib/message/content.h"
#include "policy/received_octets.h"
#include "policy/transaction.h"

namespace policy {

// Nothing when an edit may have touched the body, or the header was not seen whole.
[[nodiscard]] std::optional<std::string> header_before_same_body(const message::Content& content,
                                                                 const Transaction& transaction);

class ContentReader {
 public:
  // Both outlive the reader.
  ContentReader(const message::Content& content, ReceivedOctets& octets)
      : content_(content), octets_(octets) {}

  // Empty at the end.
  io::Task<base::Result<std::string>> next();

 private:
  const message::Content& content_;
  ReceivedOctets& octets_;
  std::size_t piece_ = 0;
  std::uint64_t done_ = 0;  // octets of that piece
};

}  // namespace policy
