// Fuzz target: what programs give to `sendmail`: its arguments, a message with -t, SMTP with -bs.
// Lines before the first empty one are arguments, with \x01 for a line feed; the rest is standard
// input.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/sendmail/compose.h"
#include "cli/sendmail/options.h"
#include "cli/sendmail/smtp_mode.h"
#include "lib/base/check.h"
#include "lib/base/text.h"
#include "server/local_mail/letter.h"

namespace {

// What the drop folder takes can be read from it.
void check_letter(local_mail::Letter letter) {
  letter.key.assign(local_mail::key_bytes_min, 'a');
  const auto again = local_mail::read_letter(local_mail::write_letter(letter));
  CHECK(again && *again == letter, "a letter that is dropped can be picked up");
}

std::string converse(std::string_view input, std::size_t chunk) {
  std::size_t posted = 0;
  sendmail::SmtpMode mode({.caller = {}, .host = "mx.home.test", .message_bytes_max = 4096},
                          [&posted](local_mail::Letter letter) {
                            CHECK(!letter.recipients.empty(), "somebody gets it");
                            check_letter(letter);
                            ++posted;
                            return sendmail::Outcome{};
                          });
  std::string said = mode.greeting();
  while (!input.empty() && !mode.ended()) {
    said += mode.feed(input.substr(0, chunk));
    input.remove_prefix(std::min(chunk, input.size()));
  }
  CHECK(said.ends_with("\r\n"), "a reply ends with CRLF");
  return said + std::to_string(posted);
}

// However its lines end and however it is cut.
std::string taken_in(std::string_view input, bool dot_is_text, std::size_t chunk) {
  sendmail::Intake intake(dot_is_text, 4096);
  while (!input.empty() && !intake.ended() && !intake.too_large()) {
    intake.feed(input.substr(0, chunk));
    input.remove_prefix(std::min(chunk, input.size()));
  }
  return intake.too_large() ? std::string() : intake.finish();
}

void send(const sendmail::Options& options, std::string_view input) {
  const std::string message = taken_in(input, options.dot_is_text, input.size() + 1);
  if (input.size() < 4096) {
    CHECK(taken_in(input, options.dot_is_text, 1) == message, "chunks change nothing");
  }
  const auto letter =
      sendmail::compose(options, {.user = "root", .full_name = "Charlie Root"}, message);
  if (letter) check_letter(*letter);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> arguments;
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    if (end == 0) break;
    arguments.emplace_back(input.substr(0, end));
    std::ranges::replace(arguments.back(), '\x01', '\n');
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  input.remove_prefix(std::min<std::size_t>(1, input.size()));
  const auto options = sendmail::read_options(arguments, sendmail::Mode::send);
  if (options && options->mode == sendmail::Mode::smtp) {
    CHECK(converse(input, 1) == converse(input, size + 1), "chunks change nothing");
  }
  if (options && options->mode == sendmail::Mode::send) send(*options, input);
  for (const std::string& argument : arguments) (void)sendmail::read_recipients(argument);
  return 0;
}
