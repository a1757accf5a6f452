// trace/message_row.h: what the events of one message add up to: a line of a list.
//
// What:    sender, recipients, size, how it ended and what was said last.
// In/Out:  events of one message in the order of time → MessageRow.
// Errors:  none: what was not told stays empty.
// Limits:  recipients_max names are kept, last_bytes_max of the last words.
// Not here: finding the events (message_search.h), what the queue knows of it (queue/).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trace/record.h"

namespace trace {

enum class RowState : std::uint8_t {
  waiting,  // as far as the events tell: the queue knows better
  delivered,
  failed,  // for one recipient at least
  removed,
  refused,
  discarded,
};
[[nodiscard]] std::string_view to_string(RowState state);

struct MessageRow {
  static constexpr std::size_t recipients_max = 500;
  static constexpr std::size_t last_bytes_max = 400;

  base::MessageId message;  // 0: refused at RCPT
  base::SessionId session;  // of what was refused at RCPT
  base::Time time;          // queued or refused
  std::string sender;
  std::vector<std::string> recipients;  // as far as the events name them
  std::size_t recipients_total = 0;
  std::uint64_t bytes = 0;
  RowState state = RowState::waiting;
  std::string last;  // in words

  void add(const StoredEvent& event);

 private:
  void add_recipients(std::string_view list);
  void begin(const StoredEvent& event);
  void end(RowState as, const StoredEvent& event);
  bool failed_ = false;
  bool delivered_ = false;
};

}  // namespace trace
