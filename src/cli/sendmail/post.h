// cli/sendmail/post.h: a letter on its way to the server, or into the drop folder.
//
// What:    asks the running server to take it; when there is none, or it cannot say, the letter is
//          left in the drop folder under the same key, so that it counts once either way.
// In/Out:  Letter → Outcome: the exit code (sysexits.h) and the words.
// Errors:  in the Outcome. 0 only when the letter is on disk.
// Limits:  answer_time_max for the server.
// Not here: the folder (lib/io/real/drop_box.h), the server's side (server/local_mail).
#pragma once

#include <chrono>
#include <string>

#include "cli/cli.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/http/message.h"
#include "server/local_mail/letter.h"

namespace sendmail {

inline constexpr base::Duration answer_time_max = std::chrono::seconds(60);

// Where the server's socket and its drop folder are. Users need not be able to read the
// configuration: then it is where it is by default.
struct Station {
  std::string socket_path;
  std::string drop_folder;
  std::size_t message_bytes_max = 0;
};
[[nodiscard]] Station find_station(const cli::Place& place);

struct Outcome {
  int exit_code = 0;
  int code = 250;        // as SMTP says it
  std::string enhanced;  // "2.0.0"
  std::string text;
};
[[nodiscard]] Outcome post(const Station& station, local_mail::Letter letter);

// Anything else that the server can be asked.
[[nodiscard]] base::Result<http::Response> ask(const Station& station, http::Request request);
// What the server said was wrong.
[[nodiscard]] std::string error_in(const http::Response& response);

}  // namespace sendmail
