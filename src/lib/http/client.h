// lib/http/client.h: one HTTP/1.1 request and its response.
//
// What:    connects, sends, reads the whole response, closes.
// In/Out:  request(doors, where, request, options) → Response of whatever status.
// Errors:  those of the connection, timed_out, invalid (not HTTP), limit (too large), tls.
// Limits:  ClientOptions: timeout for all of it, octets of header and body.
// Not here: redirects and cookies (never followed), looking up names (lib/dns), connection reuse.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "lib/base/result.h"
#include "lib/http/codec.h"
#include "lib/http/message.h"
#include "lib/io/doors.h"
#include "lib/io/network.h"
#include "lib/io/task.h"
#include "lib/io/tls.h"

namespace http {

struct UnixPath {
  std::string path;
};
using Where = std::variant<io::Endpoint, UnixPath>;

struct ClientOptions {
  std::shared_ptr<io::TlsClient> tls;  // null: plain HTTP
  // The Host header, and with tls SNI and the name that the certificate must have.
  std::string host = "localhost";
  std::optional<io::IpAddress> source;
  base::Duration timeout = std::chrono::seconds(30);
  MessageLimits limits;
};

[[nodiscard]] io::Task<base::Result<Response>> request(io::Doors doors, Where where,
                                                       Request request, ClientOptions options);

}  // namespace http
