// admin/sending/key_desk.h: the same Idempotency-Key twice is one mail.
//
// What:    runs a request with a key, or answers it as it was answered before; a second one that
//          comes while the first is under way waits for it.
// In/Out:  Ask and the work → http::Response; the work gets notes that it gives to the commit.
// Errors:  400 for what is no key, 422 when the key was used for another request, 503 when it could
//          not be looked up or what became of the first is not known until a restart.
// Limits:  key_bytes_max; waiting requests are the HTTP server's connections. One loop.
// Not here: what is remembered and why that is enough (key_book.h).
#pragma once

#include <functional>
#include <map>
#include <string>

#include "admin/sending/key_book.h"
#include "lib/http/message.h"
#include "lib/io/completion.h"
#include "lib/io/doors.h"
#include "session/submission.h"

namespace sending {

inline constexpr std::size_t key_bytes_max = 255;

// What a program is told of its message, as JSON.
[[nodiscard]] std::string answer_json(const session::Submitted& submitted);

// The answer as a whole. The status says what to do: 422 is for good, 503 is worth another try.
[[nodiscard]] http::Response answer_of(const session::Submitted& submitted);

class KeyDesk {
 public:
  // The book outlives it.
  KeyDesk(io::Doors doors, KeyBook& book) : doors_(doors), book_(book) {}

  struct Ask {
    std::string owner;  // of the key: one token's keys are not another's
    std::string key;
    std::string request;  // all that makes it this request; its hash is kept
  };
  using Work = std::function<io::Task<http::Response>(session::CommitNotes* notes)>;
  io::Task<http::Response> once(Ask ask, Work work);

 private:
  class Turn;
  class Notes;
  io::Task<http::Response> look_or_work(std::string name, std::string asked, Work work);

  io::Doors doors_;
  KeyBook& book_;
  std::map<std::string, std::string> running_;  // name → what it asks
  io::Signal ended_;
};

}  // namespace sending
