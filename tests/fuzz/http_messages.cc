// Fuzz target: HTTP requests and responses as they come. Chunks change nothing; what comes out is
// within its limits.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/check.h"
#include "lib/http/codec.h"

namespace {

constexpr http::MessageLimits limits{.header_bytes_max = 512, .body_bytes_max = 256};
constexpr std::size_t requests_max = 50;

std::string shown(const http::Headers& headers) {
  std::string out;
  for (const auto& [name, value] : headers) out += name + ": " + value + "\n";
  return out;
}

// What a server would see, in words.
std::string read_requests(std::string_view input, std::size_t chunk) {
  http::RequestReader reader(limits);
  std::string out;
  for (std::size_t requests = 0; requests < requests_max;) {
    const http::ReadState state = reader.next();
    if (state == http::ReadState::failed) {
      CHECK(reader.failure().status >= 400, "a failure says so");
      return out + "failed\n";
    }
    if (state == http::ReadState::done) {
      const auto request = reader.take();
      if (!request) return out + "failed\n";
      CHECK(request->body.size() <= limits.body_bytes_max, "a body within its limit");
      CHECK(request->path.starts_with('/') || request->path == "*", "a path");
      out += request->method + " " + request->target + "\n" + shown(request->headers) +
             request->body + "\n";
      ++requests;
    }
    if (state == http::ReadState::need_more) {
      if (input.empty()) break;
      reader.feed(input.substr(0, chunk));
      input.remove_prefix(std::min(chunk, input.size()));
    }
  }
  return out;
}

std::string read_response(std::string_view input, std::size_t chunk, bool head) {
  http::ResponseReader reader(limits, head);
  base::Result<bool> whole = false;
  while (!input.empty() && whole && !*whole) {
    whole = reader.feed(input.substr(0, chunk));
    input.remove_prefix(std::min(chunk, input.size()));
  }
  if (whole && !*whole) whole = reader.feed_end();
  if (!whole || !*whole) return "none";
  const http::Response response = reader.take();
  CHECK(response.body.size() <= limits.body_bytes_max, "a body within its limit");
  // The Date is that of the moment; no value begins a field of its own.
  const std::string again = http::response_head(response, {.keep_alive = false, .now = {}});
  CHECK(again.find("\r\n\r\n") == again.size() - 4, "one header");
  return std::to_string(response.status) + shown(response.headers) + response.body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  CHECK(read_requests(input, 1) == read_requests(input, size + 1), "chunks change no request");
  for (const bool head : {false, true}) {
    CHECK(read_response(input, 1, head) == read_response(input, size + 1, head),
          "chunks change no response");
  }
  return 0;
}
