// Fuzz target: a program's JSON as a message to send.
#include <boost/json.hpp>
#include <cstdint>
#include <string_view>

#include "admin/sending/letter.h"
#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/message/header.h"

namespace {

// What a message that we wrote may have in its header, and how often.
void check_header(const std::string& message) {
  const auto fields = message::read_header(message);
  CHECK(message::count_fields(fields, "From") == 1, "one From");
  CHECK(message::count_fields(fields, "Date") == 1, "one Date");
  CHECK(message::count_fields(fields, "Message-ID") == 1, "one Message-ID");
  CHECK(message::count_fields(fields, "Bcc") == 0, "nobody sees Bcc");
  for (const std::string_view forbidden : {"Received", "DKIM-Signature", "Authentication-Results",
                                           "Return-Path", "Sender", "Resent-From"}) {
    CHECK(message::count_fields(fields, forbidden) == 0, "not for programs to set");
  }
  for (const message::FieldView& field : fields) CHECK(!field.name.empty(), "fields alone");
}

void check_lines(std::string_view message) {
  std::size_t column = 0;
  for (std::size_t at = 0; at < message.size(); ++at) {
    const char c = message[at];
    if (c == '\r') CHECK(message.substr(at + 1).starts_with('\n'), "CR comes with LF");
    if (c == '\n') CHECK(at > 0 && message[at - 1] == '\r', "LF comes with CR");
    column = c == '\n' ? 0 : column + 1;
    CHECK(column <= 999, "lines have their limit");
    CHECK(static_cast<unsigned char>(c) < 0x80 && c != '\0', "ASCII alone");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  boost::system::error_code error;
  const auto value = boost::json::parse({reinterpret_cast<const char*>(data), size}, error);
  if (error || !value.is_object()) return 0;
  const auto letter = sending::read_letter(value.get_object(),
                                           {.now = base::Time(std::chrono::seconds(1'800'000'000)),
                                            .unique = "0123456789abcdef01234567",
                                            .hostname = "mail.example.org"});
  if (!letter) {
    CHECK(!letter.error().detail.empty(), "a refusal has words");
    return 0;
  }
  CHECK(!letter->recipients.empty(), "somebody gets it");
  for (const message::Address& one : letter->recipients) {
    CHECK(one.is_ascii() && message::parse_address(one.text()), "recipients are addresses");
  }
  if (value.get_object().contains("message")) return 0;  // the program's own text
  check_header(letter->message);
  check_lines(letter->message);
  return 0;
}
