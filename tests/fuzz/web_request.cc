// Fuzz target: what strangers' browsers and proxies send before anybody is known: cookies, codes,
// X-Forwarded-For, paths of the web interface.
#include <cstdint>
#include <string>
#include <string_view>

#include "admin/web_door.h"
#include "lib/base/base32.h"
#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/http/cookie.h"
#include "lib/io/totp.h"

namespace {

constexpr admin::WebFile files[] = {
    {"index.html", "text/html", "h1", "index", "gz"},
    {"assets/a.js", "text/javascript", "h2", "a", ""},
};

void check_cookie(const http::Headers& headers) {
  const auto cookie = http::cookie_of(headers, "stagepost");
  if (!cookie) return;
  CHECK(cookie->find(';') == std::string::npos, "a cookie ends at its semicolon");
  CHECK(headers.find("Cookie") != nullptr, "a cookie comes in its field");
}

void check_forwarded(const http::Headers& headers) {
  static const auto proxy = *io::IpAddress::parse("127.0.0.1");
  static const std::vector<io::IpNetwork> proxies = {*io::IpNetwork::parse("127.0.0.0/8")};
  const auto who = admin::forwarded_for(headers, proxy, proxies);
  CHECK(admin::forwarded_for(headers, proxy, {}).has_value(), "nobody is asked of nobody");
  if (who && headers.find("X-Forwarded-For") == nullptr) CHECK(who->peer == proxy, "himself");
}

void check_path(http::Request request) {
  if (!http::split_target(request) || !admin::WebFiles::is_path(request.path)) return;
  const http::Response response = admin::WebFiles(files).answer(request);
  CHECK(response.headers.find("Content-Security-Policy") != nullptr, "every answer has its rules");
  CHECK(response.status != 200 || response.body == "index" || response.body == "gz" ||
            response.body == "a",
        "nothing but the files");
}

}  // namespace

// Lines: a target, then header fields "Name: value".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto octets = base::unbase32(text)) {
    CHECK(base::base32(*octets) == base::upper(text), "base32 goes there and back");
  }
  (void)io::totp_match("12345678901234567890", text, {}, 0);
  http::Request request;
  bool first = true;
  for (const std::string_view line : base::split(text, '\n')) {
    const std::size_t colon = line.find(':');
    if (first) {
      request.target = line;
    } else if (colon != std::string_view::npos) {
      request.headers.add(std::string(line.substr(0, colon)),
                          std::string(base::trim(line.substr(colon + 1))));
    }
    first = false;
  }
  check_cookie(request.headers);
  check_forwarded(request.headers);
  check_path(std::move(request));
  return 0;
}
