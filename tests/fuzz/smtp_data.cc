// Fuzz target: DATA. Chunks change neither end nor faults; what the writer sends is read back.
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/smtp/data_reader.h"
#include "lib/smtp/data_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  smtp::DataReader whole;
  std::string message;
  const std::size_t end = whole.feed(text, message);
  if (whole.done()) CHECK(text.substr(0, end).ends_with(".\r\n"), "the only end");
  if (!whole.fault()) CHECK(!message.contains('\0'), "clean");
  smtp::DataReader slow;
  std::string slow_message;
  std::size_t at = 0;
  while (at < size && !slow.done()) at += slow.feed(text.substr(at, 1), slow_message);
  CHECK(at == end && slow.done() == whole.done(), "same end");
  CHECK(slow.fault().has_value() == whole.fault().has_value(), "faulty or not");
  CHECK(slow.size() == whole.size(), "same size");
  if (!whole.fault()) CHECK(slow_message == message, "same message");

  smtp::DataWriter writer;
  std::string scratch;
  const std::size_t split = size == 0 ? 0 : data[0] % (size + 1);
  std::string wire(writer.feed(text.substr(0, split), scratch));
  wire += writer.feed(text.substr(split), scratch);
  wire += writer.finish();
  smtp::DataReader back;
  std::string read;
  CHECK(back.feed(wire, read) == wire.size() && back.done(), "ends where we ended it");
  CHECK(back.fault().value_or(smtp::DataFault::nul) == smtp::DataFault::nul ||
            back.fault() == smtp::DataFault::line_too_long,
        "no bare CR or LF on the wire");
  return 0;
}
