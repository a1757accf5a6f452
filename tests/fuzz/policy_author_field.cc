// Fuzz target: the author of any header. One domain or a fault; a second From is always one.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "lib/message/shown_text.h"
#include "lib/message/utf8.h"
#include "policy/verify/author_field.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const policy::AuthorFinding author = policy::read_author(text);
  CHECK(author.is_fault() == author.domain.empty(), "one domain, or a fault");
  CHECK(message::is_ascii(author.domain), "A-labels");
  const policy::AuthorFinding second = policy::read_author("From: a@bank.example\r\n" + text);
  const bool continues = text.starts_with(' ') || text.starts_with('\t');  // the From in front
  const bool hides =
      !continues && author.state != policy::AuthorFinding::State::missing && !second.is_fault();
  CHECK(!hides, "a second From is seen");
  CHECK(message::shown_text(text).size() <= 2 * size, "decoding grows by Latin-1 alone");
  return 0;
}
