// See codec.h.
#include "lib/http/codec.h"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>

#include "lib/base/check.h"
#include "lib/base/text.h"

namespace http {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;

constexpr std::string_view version_begin = "HTTP/";
constexpr std::string_view header_end = "\r\n\r\n";
// The least that can be left of a chunked body is "0\r\n\r\n". Beast 1.81 asserts that it is not
// given less than that in its last state, so it never is.
constexpr std::size_t chunked_rest_bytes_min = 5;

std::string_view std_view(boost::beast::string_view text) { return {text.data(), text.size()}; }

template <class Fields>
Headers take_headers(const Fields& fields) {
  Headers out;
  for (const auto& field : fields) {
    out.add(std::string(std_view(field.name_string())), std::string(std_view(field.value())));
  }
  return out;
}

template <class BeastParser>
void set_limits(BeastParser& parser, const MessageLimits& limits) {
  parser.eager(true);
  parser.header_limit(limits.header_bytes_max + 1);
  parser.body_limit(limits.body_bytes_max);
}

std::string without_controls(std::string value) {
  for (char& c : value) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  }
  return value;
}

template <class BeastParser>
bool wait_for_more(const BeastParser& parser, const std::string& buffer) {
  if (buffer.empty()) return true;
  return parser.is_header_done() && parser.chunked() && buffer.size() < chunked_rest_bytes_min;
}

template <bool is_request>
std::string serialize(beast_http::message<is_request, beast_http::empty_body>& message) {
  std::string out;
  beast_http::serializer<is_request, beast_http::empty_body> serializer(message);
  while (!serializer.is_done()) {
    error_code error;
    serializer.next(error, [&](error_code&, const auto& buffers) {
      const std::size_t before = out.size();
      for (auto it = boost::asio::buffer_sequence_begin(buffers);
           it != boost::asio::buffer_sequence_end(buffers); ++it) {
        const boost::asio::const_buffer part = *it;
        out.append(static_cast<const char*>(part.data()), part.size());
      }
      serializer.consume(out.size() - before);
    });
    CHECK(!error, "a header can always be written");
  }
  return out;
}

}  // namespace

struct RequestReader::Parser {
  explicit Parser(const MessageLimits& limits) { set_limits(beast, limits); }
  beast_http::request_parser<beast_http::string_body> beast;
};

RequestReader::RequestReader(MessageLimits limits)
    : limits_(limits), parser_(std::make_unique<Parser>(limits)) {}
RequestReader::~RequestReader() = default;

void RequestReader::feed(std::string_view bytes) { buffer_ += bytes; }

bool RequestReader::started() const { return !buffer_.empty() || parser_->beast.got_some(); }

ReadState RequestReader::fail(int status, std::string why) {
  failed_ = true;
  failure_ = text_response(status, std::move(why) + "\n");
  return ReadState::failed;
}

ReadState RequestReader::next() {
  if (failed_) return ReadState::failed;
  return parser_->beast.is_header_done() ? next_body() : next_header();
}

// Beast gets a header in one piece: given in parts it would apply its limit to each part.
ReadState RequestReader::next_header() {
  // RFC 9112 §2.2: empty lines before a request are ignored.
  while (buffer_.starts_with("\r\n")) buffer_.erase(0, 2);
  if (buffer_.empty() || buffer_ == "\r") return ReadState::need_more;
  if (!base::is_alpha(buffer_.front())) return fail(400, "this is not an HTTP request");
  const std::size_t end = buffer_.find(header_end, scanned_);
  const bool whole = end != std::string::npos;
  if ((whole ? end + header_end.size() : buffer_.size()) > limits_.header_bytes_max) {
    return fail(431, "the request header is too large");
  }
  if (!whole) {
    scanned_ = buffer_.size() - std::min(buffer_.size(), header_end.size() - 1);
    return ReadState::need_more;
  }
  scanned_ = 0;
  const std::size_t size = end + header_end.size();
  error_code error;
  parser_->beast.put(boost::asio::buffer(buffer_.data(), size), error);
  buffer_.erase(0, size);
  if (error == beast_http::error::body_limit) return fail(413, "the request body is too large");
  if (error == beast_http::error::bad_version) return fail(505, "HTTP/1.0 and HTTP/1.1 only");
  if (error) return fail(400, "malformed request: " + error.message());
  return check_header();
}

ReadState RequestReader::check_header() {
  const auto& header = parser_->beast.get();
  // RFC 9112 §3.2: exactly one Host in HTTP/1.1.
  const auto hosts = header.count(beast_http::field::host);
  if (hosts > 1 || (hosts == 0 && header.version() >= 11)) {
    return fail(400, "a request has one Host header");
  }
  // RFC 9112 §6.1, §6.3: a body whose end cannot be told, or could be told in two ways, is never
  // guessed at: what follows would be read as another request.
  const bool encoded = header.count(beast_http::field::transfer_encoding) > 0;
  if (encoded && !parser_->beast.chunked()) return fail(501, "unknown transfer encoding");
  if (encoded && header.count(beast_http::field::content_length) > 0) {
    return fail(400, "Content-Length and Transfer-Encoding exclude each other");
  }
  return parser_->beast.is_done() ? ReadState::done : ReadState::header;
}

ReadState RequestReader::next_body() {
  auto& beast = parser_->beast;
  if (beast.is_done()) return ReadState::done;
  if (wait_for_more(beast, buffer_)) return ReadState::need_more;
  error_code error;
  const std::size_t used = beast.put(boost::asio::buffer(buffer_.data(), buffer_.size()), error);
  buffer_.erase(0, used);
  if (error == beast_http::error::body_limit) return fail(413, "the request body is too large");
  if (error && error != beast_http::error::need_more) {
    return fail(400, "malformed body: " + error.message());
  }
  if (beast.is_done()) return ReadState::done;
  // Only chunk lines and trailers can be left over; they are headers of a kind.
  if (buffer_.size() > limits_.header_bytes_max) return fail(431, "the trailer is too large");
  return ReadState::need_more;
}

std::optional<Request> RequestReader::head() const {
  const auto& header = parser_->beast.get();
  Request request;
  request.method = std_view(header.method_string());
  request.target = std_view(header.target());
  request.headers = take_headers(header);
  if (!split_target(request)) return std::nullopt;
  return request;
}

std::optional<std::uint64_t> RequestReader::body_bytes() const {
  const auto length = parser_->beast.content_length();
  if (!length) return std::nullopt;
  return *length;
}

void RequestReader::limit_body(std::uint64_t bytes_max) {
  bytes_max = std::min(bytes_max, limits_.body_bytes_max);
  if (body_bytes().value_or(0) > bytes_max) (void)fail(413, "the request body is too large");
  parser_->beast.body_limit(bytes_max);
}

bool RequestReader::expects_continue() const {
  const auto& header = parser_->beast.get();
  return header.version() >= 11 &&
         base::iequals(std_view(header[beast_http::field::expect]), "100-continue");
}

base::Result<Request> RequestReader::take() {
  CHECK(parser_->beast.is_done(), "a request is taken when it is whole");
  auto message = parser_->beast.release();
  parser_ = std::make_unique<Parser>(limits_);
  keep_alive_ = message.keep_alive();
  Request request;
  request.method = std_view(message.method_string());
  request.target = std_view(message.target());
  request.headers = take_headers(message);
  request.body = std::move(message.body());
  if (!split_target(request)) {
    (void)fail(400, "malformed request target");
    return base::fail(base::ErrorKind::invalid, "malformed request target");
  }
  return request;
}

struct ResponseReader::Parser {
  explicit Parser(const MessageLimits& limits, bool head) {
    set_limits(beast, limits);
    beast.skip(head);
  }
  beast_http::response_parser<beast_http::string_body> beast;
};

ResponseReader::ResponseReader(MessageLimits limits, bool head)
    : limits_(limits), head_(head), parser_(std::make_unique<Parser>(limits, head)) {}
ResponseReader::~ResponseReader() = default;

base::Result<bool> ResponseReader::feed(std::string_view bytes) {
  buffer_ += bytes;
  header_bytes_ += parser_->beast.is_header_done() ? 0 : bytes.size();
  // Beast waits for a whole header; another protocol's greeting has none.
  const bool begins = !parser_->beast.got_some();
  if (begins && !buffer_.starts_with(version_begin.substr(0, buffer_.size()))) {
    return base::fail(base::ErrorKind::invalid, "HTTP response: this is not HTTP");
  }
  while (!parser_->beast.is_done() && !wait_for_more(parser_->beast, buffer_)) {
    error_code error;
    const std::size_t used =
        parser_->beast.put(boost::asio::buffer(buffer_.data(), buffer_.size()), error);
    buffer_.erase(0, used);
    if (error == beast_http::error::need_more) break;
    if (error == beast_http::error::body_limit || error == beast_http::error::header_limit) {
      return base::fail(base::ErrorKind::limit, "HTTP response: " + error.message());
    }
    if (error) return base::fail(base::ErrorKind::invalid, "HTTP response: " + error.message());
    // RFC 9110 §15.2: interim responses go before the final one.
    const unsigned status = parser_->beast.get().result_int();
    const bool interim = parser_->beast.is_done() && status / 100 == 1 && status != 101;
    if (interim) parser_ = std::make_unique<Parser>(limits_, head_);
  }
  const bool in_header = !parser_->beast.is_header_done();
  if (buffer_.size() > limits_.header_bytes_max ||
      (in_header && header_bytes_ > limits_.header_bytes_max)) {
    return base::fail(base::ErrorKind::limit, "HTTP response: the header is too large");
  }
  return parser_->beast.is_done();
}

base::Result<bool> ResponseReader::feed_end() {
  error_code error = beast_http::error::partial_message;
  if (parser_->beast.got_some() && !parser_->beast.is_done()) parser_->beast.put_eof(error);
  if (error) return base::fail(base::ErrorKind::invalid, "HTTP response: " + error.message());
  return parser_->beast.is_done();
}

Response ResponseReader::take() {
  CHECK(parser_->beast.is_done(), "a response is taken when it is whole");
  auto message = parser_->beast.release();
  Response response;
  response.status = static_cast<int>(message.result_int());
  response.content_type = std_view(message[beast_http::field::content_type]);
  response.headers = take_headers(message);
  response.body = std::move(message.body());
  return response;
}

std::string response_head(const Response& response, HeadOptions options) {
  beast_http::response<beast_http::empty_body> message;
  message.version(11);
  message.result(static_cast<unsigned>(response.status));
  message.reason({reason(response.status).data(), reason(response.status).size()});
  for (const auto& [name, value] : response.headers) message.insert(name, without_controls(value));
  message.set(beast_http::field::date, format_date(options.now));
  message.set(beast_http::field::connection, options.keep_alive ? "keep-alive" : "close");
  if (!response.body.empty()) {
    message.set(beast_http::field::content_type, without_controls(response.content_type));
  }
  // RFC 9110 §8.6: never with 1xx and 204; with 304 it would be that of the 200.
  if (response.status / 100 != 1 && response.status != 204 && response.status != 304) {
    message.content_length(response.body.size());
  }
  return serialize(message);
}

std::string request_head(const Request& request) {
  beast_http::request<beast_http::empty_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(without_controls(request.target));
  for (const auto& [name, value] : request.headers) message.insert(name, without_controls(value));
  const bool has_body = !request.body.empty() || request.method == "POST" ||
                        request.method == "PUT" || request.method == "PATCH";
  if (has_body) message.content_length(request.body.size());
  return serialize(message);
}

}  // namespace http
