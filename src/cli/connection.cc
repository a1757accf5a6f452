// See connection.h.
#include "cli/connection.h"

#include "lib/http/client.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/pool.h"
#include "server/home.h"
#include "server/offline.h"

namespace cli {
namespace {

http::Request make_request(std::string method, std::string target, std::string body) {
  http::Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  if (!body.empty()) {
    request.headers.add("Content-Type", "application/json");
    request.body = std::move(body);
  }
  return request;
}

base::Result<std::string> body_of(base::Result<http::Response> response) {
  if (!response) return std::unexpected(std::move(response.error()));
  if (response->status < 400) return std::move(response->body);
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(response->body, error);
  if (!error && value.is_object()) {
    if (const auto* text = value.get_object().if_contains("error");
        text != nullptr && text->is_string()) {
      return base::fail(base::ErrorKind::invalid, std::string(text->get_string()));
    }
  }
  return base::fail(base::ErrorKind::invalid, response->body);
}

bool nobody_listens(const base::Result<http::Response>& response) {
  return !response && (response.error().kind == base::ErrorKind::refused ||
                       response.error().kind == base::ErrorKind::not_found);
}

base::Result<http::Response> ask_socket(const config::Config& config, const http::Request& request,
                                        base::Duration timeout) {
  io::real::ThreadPool pool(1);
  io::real::EventLoop loop(pool);
  http::ClientOptions options;
  options.timeout = timeout;
  auto response =
      io::real::run_task(loop, http::request(loop.doors(), http::UnixPath{config.admin.socket_path},
                                             request, std::move(options)));
  if (!response && response.error().kind == base::ErrorKind::denied) {
    return base::fail(
        base::ErrorKind::denied,
        response.error().detail + "; run this as the user who runs the server, or as root");
  }
  return response;
}

}  // namespace

base::Result<std::string> ask_running(const Place& place, std::string method, std::string target,
                                      std::string body, base::Duration timeout) {
  auto config = server::load_config(place.home, place.config_path);
  if (!config) return std::unexpected(std::move(config.error()));
  auto response = ask_socket(
      *config, make_request(std::move(method), std::move(target), std::move(body)), timeout);
  if (nobody_listens(response)) {
    return base::fail(base::ErrorKind::refused, "no server runs: " + response.error().detail);
  }
  return body_of(std::move(response));
}

base::Result<std::string> ask(const Place& place, std::string method, std::string target,
                              std::string body, base::Duration timeout) {
  auto config = server::load_config(place.home, place.config_path);
  if (!config) return std::unexpected(std::move(config.error()));
  const http::Request request = make_request(std::move(method), std::move(target), std::move(body));
  auto response = ask_socket(*config, request, timeout);
  if (!nobody_listens(response)) return body_of(std::move(response));
  return body_of(server::handle_offline(*config, request));
}

namespace {

base::Result<boost::json::object> object_of(base::Result<std::string> text) {
  if (!text) return std::unexpected(std::move(text.error()));
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(*text, error);
  if (error || !value.is_object()) {
    return base::fail(base::ErrorKind::invalid, "the server's answer is not understood: " + *text);
  }
  return std::move(value.get_object());
}

std::string text_of(const boost::json::object& body) {
  return body.empty() ? std::string() : boost::json::serialize(body);
}

}  // namespace

base::Result<boost::json::object> ask_json(const Place& place, std::string method,
                                           std::string target, const boost::json::object& body,
                                           base::Duration timeout) {
  return object_of(ask(place, std::move(method), std::move(target), text_of(body), timeout));
}

base::Result<boost::json::object> ask_running_json(const Place& place, std::string method,
                                                   std::string target,
                                                   const boost::json::object& body,
                                                   base::Duration timeout) {
  return object_of(
      ask_running(place, std::move(method), std::move(target), text_of(body), timeout));
}

}  // namespace cli
