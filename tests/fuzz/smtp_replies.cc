// Fuzz target: replies. What is read can be written and read again; chunks do not matter.
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/smtp/extensions.h"
#include "lib/smtp/reply_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Status = smtp::ReplyReader::Status;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  smtp::ReplyReader reader;
  smtp::ReplyReader slow;
  std::size_t slow_at = 0;
  const std::string_view all = input;
  for (;;) {
    const Status status = reader.feed(input);
    Status slow_status = Status::need_more;
    while (slow_status == Status::need_more && slow_at < size) {
      std::string_view octet = all.substr(slow_at++, 1);
      slow_status = slow.feed(octet);
    }
    CHECK(slow_status == status, "chunks do not matter");
    if (status != Status::done) break;
    const smtp::Reply reply = reader.take();
    CHECK(slow.take() == reply, "same reply");
    (void)smtp::parse_ehlo(reply);
    smtp::ReplyReader again({.lines_max = 10'000});
    const std::string wire = reply.wire();
    std::string_view rest = wire;
    CHECK(again.feed(rest) == Status::done && rest.empty(), "what we write can be read");
    CHECK(again.take().code == reply.code, "same code");
    CHECK(reply.text().find_first_of("\r\n") == std::string::npos, "one line");
  }
  return 0;
}
