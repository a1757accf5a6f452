// Fuzz target: a letter of sendmail, as anybody may leave it in the drop folder.
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "server/local_mail/letter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto letter = local_mail::read_letter({reinterpret_cast<const char*>(data), size});
  if (!letter) {
    CHECK(!letter.error().detail.empty(), "a refusal has words");
    return 0;
  }
  CHECK(local_mail::is_key(letter->key), "its key is a file name");
  CHECK(!letter->recipients.empty(), "somebody gets it");
  CHECK(letter->message.empty() || letter->message.ends_with("\r\n"), "its lines end");
  const auto again = local_mail::read_letter(local_mail::write_letter(*letter));
  CHECK(again && *again == *letter, "it is read as it is written");
  return 0;
}
