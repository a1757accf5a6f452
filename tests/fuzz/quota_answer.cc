// Fuzz target: answers of a quota-status service. What is passed on is one line with a fit code.
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "policy/quota_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  (void)policy::is_whole_answer(input);
  const auto answer = policy::read_quota_answer(input);
  if (!answer || !answer->refusal) return 0;
  const smtp::Reply& reply = *answer->refusal;
  CHECK(reply.temporary() || reply.permanent(), "a refusal refuses");
  CHECK(reply.code != 421, "the session goes on");
  CHECK(reply.lines.size() == 1, "one line");
  CHECK(reply.text().find_first_of("\r\n") == std::string::npos, "no line ends");
  CHECK(reply.text().size() < 512, "short enough for a reply line");
  const std::string request = policy::quota_request(
      {.mailbox = std::string(input), .sender = std::string(input), .size = size});
  CHECK(request.find("\n\n") == request.size() - 2, "one request");
  return 0;
}
