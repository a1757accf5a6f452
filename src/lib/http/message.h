// lib/http/message.h: HTTP requests and responses as values.
//
// What:    Request, Response, Headers, and the small texts around them (query, percent, dates).
// In/Out:  filled by codec.h on a server or by the caller of client.h.
// Errors:  decoders return nullopt for malformed input.
// Limits:  those of the reader that filled them (codec.h).
// Not here: bytes on the wire (codec.h), connections (server.h, client.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/address.h"

namespace http {

// In the order of the wire; names compare without case (RFC 9110 §5.1).
class Headers {
 public:
  void add(std::string name, std::string value);
  // Replaces every header of this name.
  void set(std::string_view name, std::string value);
  // The first of this name.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }
  [[nodiscard]] std::size_t size() const { return fields_.size(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

using Values = std::map<std::string, std::string, std::less<>>;

struct Request {
  std::string method = "GET";
  std::string target = "/";  // as on the wire: "/api/v1/queue?limit=10"
  Headers headers;
  std::string body;

  // Filled by the server from the target and the connection; a client leaves them empty.
  std::string path;  // decoded, begins with '/'
  Values query;      // decoded; of two equal names the last
  Values captures;   // what the router's pattern took from the path
  io::Endpoint peer;
  bool tls = false;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string content_type = "text/plain; charset=utf-8";  // not sent with an empty body
  std::string body;
};

[[nodiscard]] Response text_response(int status, std::string text);
[[nodiscard]] Response json_response(int status, std::string json);

// "Not Found"; "" for numbers that RFC 9110 does not know.
[[nodiscard]] std::string_view reason(int status);

// "%41" → "A"; with `plus_is_space` as in forms and queries. nullopt: a % without two hex digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
// Everything but unreserved characters (RFC 3986 §2.3) becomes %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);
// "a=1&b=2", also for bodies of type application/x-www-form-urlencoded.
[[nodiscard]] std::optional<Values> parse_query(std::string_view text);
// The part of a target before the query, not decoded; "*" stays. Empty when malformed.
[[nodiscard]] std::string_view raw_path(std::string_view target);
// Sets path and query from the target (origin-form, absolute-form or "*"); false when malformed.
[[nodiscard]] bool split_target(Request& request);

// IMF-fixdate (RFC 9110 §5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::string format_date(base::Time time);

}  // namespace http
