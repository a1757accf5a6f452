// See post.h.
#include "cli/sendmail/post.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <boost/json.hpp>

#include "lib/base/text.h"
#include "lib/http/client.h"
#include "lib/io/clock.h"
#include "lib/io/real/drop_box.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/pool.h"
#include "lib/io/real/random.h"
#include "server/home.h"
#include "server/local_mail/settings.h"

namespace sendmail {
namespace {

namespace json = boost::json;

constexpr std::size_t key_octets = 16;

json::object object_of(const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  return !error && value.is_object() ? std::move(value.get_object()) : json::object();
}

std::string text_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// By the enhanced code (RFC 3463).
int exit_code_of(std::string_view enhanced) {
  if (enhanced == "5.1.1" || enhanced == "5.1.6") return EX_NOUSER;
  if (enhanced == "5.1.2" || enhanced == "5.1.10") return EX_NOHOST;
  if (enhanced == "5.1.3" || enhanced == "5.1.7" || enhanced.starts_with("5.6.")) return EX_DATAERR;
  if (enhanced.starts_with("5.7.")) return EX_NOPERM;
  return EX_UNAVAILABLE;
}

// Of "no valid recipients" the first recipient's own reply says more.
json::object why_of(const http::Response& response) {
  json::object said = object_of(response.body);
  if (text_in(said, "enhanced") != "5.5.1") return said;
  const json::value* list = said.if_contains("refused");
  if (list == nullptr || !list->is_array() || list->get_array().empty()) return said;
  const json::value& first = list->get_array().front();
  if (!first.is_object()) return said;
  json::object out = first.get_object();
  out["error"] = text_in(out, "reason");
  return out;
}

Outcome refused(const http::Response& response) {
  const json::object said = why_of(response);
  Outcome out{.exit_code = 0,
              .code = 554,
              .enhanced = text_in(said, "enhanced"),
              .text = text_in(said, "error")};
  if (const json::value* code = said.if_contains("code"); code != nullptr && code->is_int64()) {
    out.code = static_cast<int>(code->get_int64());
  }
  if (out.enhanced.empty()) out.enhanced = "5.0.0";
  out.exit_code = exit_code_of(out.enhanced);
  return out;
}

Outcome leave(const Station& station, const std::string& key, const std::string& text,
              const std::string& why) {
  io::real::ThreadPool pool(1);
  io::real::EventLoop loop(pool);
  const auto now = loop.doors().clock.wall().time_since_epoch() / std::chrono::microseconds(1);
  const io::real::DropBox box(station.drop_folder);
  const auto left = box.put(fmt::format("{:016x}-{}", now, key), text);
  if (left) {
    return {.exit_code = EX_OK,
            .code = 250,
            .enhanced = "2.0.0",
            .text = fmt::format("The message is safe on disk in {}, for the server to take ({})",
                                station.drop_folder, why)};
  }
  return {.exit_code = EX_TEMPFAIL,
          .code = 451,
          .enhanced = "4.3.0",
          .text = fmt::format("the message was not sent: {}; {}. Is the server set up, and was it "
                              "started once?",
                              why, left.error().detail)};
}

}  // namespace

Station find_station(const cli::Place& place) {
  Station out;
  local_mail::Settings settings;
  settings.folder = local_mail::folder_in(place.home);
  out.socket_path = settings.socket_path();
  out.drop_folder = settings.drop_folder();
  config::Config config;
  if (auto loaded = server::load_config(place.home, place.config_path)) config = std::move(*loaded);
  out.message_bytes_max = config.session.message_bytes_max;
  return out;
}

base::Result<http::Response> ask(const Station& station, http::Request request) {
  io::real::ThreadPool pool(1);
  io::real::EventLoop loop(pool);
  http::ClientOptions options;
  options.timeout = answer_time_max;
  options.limits.body_bytes_max = 64UL << 20U;
  return io::real::run_task(loop, http::request(loop.doors(), http::UnixPath{station.socket_path},
                                                std::move(request), std::move(options)));
}

std::string error_in(const http::Response& response) {
  std::string text = text_in(object_of(response.body), "error");
  return text.empty() ? response.body : text;
}

Outcome post(const Station& station, local_mail::Letter letter) {
  std::string octets(key_octets, '\0');
  io::real::KernelRandom().fill(octets);
  letter.key = base::hex(octets);
  const std::string key = letter.key;
  const std::string text = local_mail::write_letter(letter);
  http::Request request;
  request.method = "POST";
  request.target = "/v1/letters";
  request.headers.add("Content-Type", "application/octet-stream");
  request.body = text;
  const auto response = ask(station, std::move(request));
  if (!response) return leave(station, key, text, response.error().text());
  if (response->status == 200) {
    return {.exit_code = EX_OK,
            .code = 250,
            .enhanced = "2.0.0",
            .text = fmt::format("Message {} is safe on disk",
                                text_in(object_of(response->body), "id"))};
  }
  if (response->status == 422) return refused(*response);
  if (response->status == 413) {
    return {.exit_code = EX_UNAVAILABLE,
            .code = 552,
            .enhanced = "5.3.4",
            .text = "the message is larger than the server takes"};
  }
  // Later it may be taken, and whoever called us will not come again.
  return leave(station, key, text, error_in(*response));
}

}  // namespace sendmail
