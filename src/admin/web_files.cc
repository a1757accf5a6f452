// See web_files.h.
#include "admin/web_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"

namespace admin {
namespace {

constexpr std::string_view root = "/admin/";
constexpr std::string_view index_name = "index.html";
// Their names have the hash of what is in them, so they never change.
constexpr std::string_view assets = "assets/";

// What the pages may do: only what comes from here, and nobody frames them.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";

http::Response with_rules(http::Response response) {
  for (const auto& [name, value] : {
           std::pair{"Content-Security-Policy", content_policy},
           std::pair{"X-Content-Type-Options", std::string_view("nosniff")},
           std::pair{"Referrer-Policy", std::string_view("no-referrer")},
           std::pair{"Cross-Origin-Opener-Policy", std::string_view("same-origin")},
           std::pair{"Cross-Origin-Resource-Policy", std::string_view("same-origin")},
           std::pair{"X-Robots-Tag", std::string_view("noindex")},
           std::pair{"Permissions-Policy",
                     std::string_view("camera=(), geolocation=(), microphone=(), payment=(), "
                                      "usb=()")},
       }) {
    response.headers.set(name, std::string(value));
  }
  return response;
}

http::Response moved(std::string_view to) {
  http::Response response;
  response.status = 308;
  response.headers.add("Location", std::string(to));
  return response;
}

std::string_view value_of(const http::Request& request, std::string_view name) {
  const std::string* value = request.headers.find(name);
  return value == nullptr ? std::string_view() : *value;
}

// RFC 9110 §12.5.3: "gzip;q=0" is a no; other weights do not matter where there is one choice.
bool takes_gzip(const http::Request& request) {
  for (const std::string_view part : base::split(value_of(request, "Accept-Encoding"), ',')) {
    const std::size_t semicolon = part.find(';');
    const std::string_view name = base::trim(part.substr(0, semicolon));
    if (!base::iequals(name, "gzip") && name != "*") continue;
    if (semicolon == std::string_view::npos) return true;
    const std::string_view weight = base::trim(part.substr(semicolon + 1));
    return weight.find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

// RFC 9110 §13.1.2: a list of tags, compared weakly, or "*".
bool has_it_already(const http::Request& request, std::string_view tag) {
  for (std::string_view one : base::split(value_of(request, "If-None-Match"), ',')) {
    one = base::trim(one);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag || one == "*") return true;
  }
  return false;
}

}  // namespace

bool WebFiles::is_path(std::string_view path) {
  return path == "/" || path == root.substr(0, root.size() - 1) || path.starts_with(root);
}

const WebFile* WebFiles::find(std::string_view name) const {
  const auto found = std::ranges::find(files_, name, &WebFile::name);
  return found == files_.end() ? nullptr : &*found;
}

http::Response WebFiles::give(const WebFile& file, const http::Request& request) const {
  const bool compressed = !file.gzip.empty() && takes_gzip(request);
  // RFC 9110 §8.8.3: another encoding is another representation.
  const std::string tag = fmt::format("\"{}{}\"", file.hash, compressed ? "-gzip" : "");
  http::Response response;
  response.headers.add("ETag", tag);
  response.headers.add("Cache-Control", file.name.starts_with(assets)
                                            ? "public, max-age=31536000, immutable"
                                            : "no-cache");
  response.headers.add("Vary", "Accept-Encoding");
  if (has_it_already(request, tag)) {
    response.status = 304;
    return response;
  }
  response.content_type = std::string(file.type);
  response.body = std::string(compressed ? file.gzip : file.octets);
  if (compressed) response.headers.add("Content-Encoding", "gzip");
  return response;
}

http::Response WebFiles::answer(const http::Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    http::Response response = http::text_response(405, "not with this method\n");
    response.headers.add("Allow", "GET, HEAD");  // RFC 9110 §15.5.6
    return with_rules(std::move(response));
  }
  if (!request.path.starts_with(root)) return with_rules(moved(root));
  if (files_.empty()) {
    return with_rules(http::text_response(
        404, "This stagepost was built without its web interface (STAGEPOST_WEB=OFF).\n"));
  }
  const std::string_view name = std::string_view(request.path).substr(root.size());
  if (const WebFile* const file = find(name)) return with_rules(give(*file, request));
  const WebFile* const index = find(index_name);
  if (name.starts_with(assets) || index == nullptr) {
    http::Response response = http::text_response(404, "there is nothing at this path\n");
    response.headers.add("Cache-Control", "no-store");
    return with_rules(std::move(response));
  }
  return with_rules(give(*index, request));
}

}  // namespace admin
