// lib/http/codec.h: HTTP/1.1 bytes to values and back, without sockets.
//
// What:    RequestReader and ResponseReader take bytes as they come and give whole messages;
//          response_head and request_head make the bytes before a body (Boost.Beast inside).
// In/Out:  feed(bytes) then next() until it says need_more; pipelined requests stay in the reader.
// Errors:  a malformed or too large request is `failed`; failure() is the answer (RFC 9110 §15.5).
// Limits:  MessageLimits::header_bytes_max and body_bytes_max.
// Not here: keep-alive and deadlines (server.cc), routes (router.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/http/message.h"

namespace http {

struct MessageLimits {
  std::uint32_t header_bytes_max = 16 * 1024;
  std::uint64_t body_bytes_max = 1024UL * 1024;
};

enum class ReadState : std::uint8_t {
  need_more,  // feed more bytes
  header,     // the header is complete, the body is not; reported once, then need_more
  done,       // the request is whole: take() it
  failed,     // failure() says what to answer; the connection ends
};

class RequestReader {
 public:
  explicit RequestReader(MessageLimits limits);
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;
  ~RequestReader();

  void feed(std::string_view bytes);
  [[nodiscard]] ReadState next();
  // Has the next request begun to arrive?
  [[nodiscard]] bool started() const;

  // After `done`: the request; the reader goes on with the next one. `invalid` when its target is
  // malformed; then the reader has failed.
  [[nodiscard]] base::Result<Request> take();
  // After `header`: what has come of the request, without its body; nullopt: a malformed target.
  [[nodiscard]] std::optional<Request> head() const;
  // After `header`: how many octets the body has; nullopt when that is not said (chunked).
  [[nodiscard]] std::optional<std::uint64_t> body_bytes() const;
  // After `header`: of this body no more is taken. Never more than MessageLimits allow.
  void limit_body(std::uint64_t bytes_max);
  // After `header`: does the client wait for "100 Continue" (RFC 9110 §10.1.1)?
  [[nodiscard]] bool expects_continue() const;
  // Of the request taken last.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  // limit_body() has refused what is to come.
  [[nodiscard]] bool refused() const { return failed_; }
  // After `failed`.
  [[nodiscard]] const Response& failure() const { return failure_; }

 private:
  struct Parser;
  ReadState next_header();
  ReadState next_body();
  ReadState check_header();
  ReadState fail(int status, std::string why);

  MessageLimits limits_;
  std::unique_ptr<Parser> parser_;
  std::string buffer_;
  Response failure_;
  std::size_t scanned_ = 0;  // of buffer_: no end of a header before
  bool keep_alive_ = false;
  bool failed_ = false;
};

class ResponseReader {
 public:
  // `head`: the answer to a HEAD request, which has no body whatever its header says.
  ResponseReader(MessageLimits limits, bool head);
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;
  ~ResponseReader();

  // True when the response is whole. `invalid` or `limit` when it can never be.
  [[nodiscard]] base::Result<bool> feed(std::string_view bytes);
  // The peer ended its side; this is the end of a body without a length.
  [[nodiscard]] base::Result<bool> feed_end();
  [[nodiscard]] Response take();

 private:
  struct Parser;
  MessageLimits limits_;
  bool head_;
  std::unique_ptr<Parser> parser_;
  std::string buffer_;
  std::size_t header_bytes_ = 0;
};

struct HeadOptions {
  bool keep_alive = true;
  base::Time now;  // for the Date field
};

// Status line and header with the empty line; the body follows as it is (never after HEAD). Control
// characters in values become spaces, so that a value cannot begin another field.
[[nodiscard]] std::string response_head(const Response& response, HeadOptions options);
[[nodiscard]] std::string request_head(const Request& request);

}  // namespace http
