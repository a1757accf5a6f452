// See router.h.
#include "lib/http/router.h"

#include "lib/base/check.h"
#include "lib/base/text.h"

namespace http {
namespace {

// "/a/b" → a, b; "/" → one empty part.
std::vector<std::string_view> parts_of(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  return base::split(path, '/');
}

bool is_capture(std::string_view part) { return part.starts_with('{') && part.ends_with('}'); }
bool takes_all(std::string_view part) { return is_capture(part) && part.ends_with("...}"); }

std::string capture_name(std::string_view part) {
  const std::size_t brace_bytes = takes_all(part) ? 4 : 1;
  return std::string(part.substr(1, part.size() - 1 - brace_bytes));
}

// The parts are compared as they came and decoded one by one: an encoded '/' stays in its part.
bool fits(const std::vector<std::string>& pattern, std::string_view path, Values& captures) {
  const auto parts = parts_of(path);
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (i >= parts.size()) return false;
    const bool rest = takes_all(pattern[i]);
    const std::string_view raw =
        rest ? path.substr(static_cast<std::size_t>(parts[i].data() - path.data())) : parts[i];
    const auto part = percent_decode(raw, false);
    if (!part) return false;
    if (rest) {
      captures[capture_name(pattern[i])] = *part;
      return true;
    }
    if (is_capture(pattern[i])) {
      if (part->empty()) return false;
      captures[capture_name(pattern[i])] = *part;
    } else if (*part != pattern[i]) {
      return false;
    }
  }
  return parts.size() == pattern.size();
}

bool answers(std::string_view route, std::string_view method) {
  return route == method || (route == "GET" && method == "HEAD");
}

}  // namespace

void Router::add(std::string method, std::string_view pattern, Route route) {
  CHECK(pattern.starts_with('/'), "a pattern begins with /");
  Entry entry;
  entry.method = std::move(method);
  entry.pattern = pattern;
  for (const std::string_view part : parts_of(pattern)) entry.parts.emplace_back(part);
  entry.route = std::move(route);
  entries_.push_back(std::move(entry));
}

std::optional<std::string> Router::pattern_of(const Request& request) const {
  const std::string_view path = raw_path(request.target);
  for (const Entry& entry : entries_) {
    Values captures;
    if (answers(entry.method, request.method) && fits(entry.parts, path, captures)) {
      return entry.pattern;
    }
  }
  return std::nullopt;
}

std::vector<std::string> Router::routes() const {
  std::vector<std::string> out;
  out.reserve(entries_.size());
  for (const Entry& entry : entries_) out.push_back(entry.method + " " + entry.pattern);
  return out;
}

io::Task<Response> Router::handle(Request request) {
  std::string allowed;
  const std::string path(raw_path(request.target));
  for (const Entry& entry : entries_) {
    Values captures;
    if (!fits(entry.parts, path, captures)) continue;
    if (answers(entry.method, request.method)) {
      if (check_) {
        if (auto refused = check_(request, entry.pattern)) co_return std::move(*refused);
      }
      for (auto& [name, value] : captures) request.captures.insert_or_assign(name, value);
      co_return co_await entry.route(std::move(request));
    }
    if (!allowed.empty()) allowed += ", ";
    allowed += entry.method == "GET" ? "GET, HEAD" : entry.method;
  }
  if (allowed.empty()) co_return text_response(404, "there is nothing at this path\n");
  Response response = text_response(405, "not with this method\n");
  response.headers.add("Allow", std::move(allowed));  // RFC 9110 §15.5.6
  co_return response;
}

}  // namespace http
