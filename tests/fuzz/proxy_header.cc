// Fuzz target: PROXY headers. The beginning decides, and what follows a header changes nothing.
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "lib/io/proxy_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Status = io::ProxyParse::Status;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const io::ProxyParse whole = io::parse_proxy_header(input);
  CHECK((whole.status == Status::malformed) == !whole.problem.empty(), "trouble has words");
  if (whole.status == Status::done) {
    CHECK(whole.bytes <= size && whole.bytes <= io::proxy_header_bytes_max, "within bounds");
    const io::ProxyParse exact = io::parse_proxy_header(input.substr(0, whole.bytes));
    CHECK(exact.status == Status::done && exact.header == whole.header, "nothing beyond it counts");
    const auto less = io::parse_proxy_header(input.substr(0, whole.bytes - 1));
    CHECK(less.status == Status::need_more, "not before its end");
  }
  if (whole.status == Status::need_more) {
    CHECK(size < io::proxy_header_bytes_max, "it cannot grow without end");
  }
  return 0;
}
