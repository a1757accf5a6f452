// See message.h.
#include "lib/http/message.h"

#include "lib/base/text.h"

namespace http {

void Headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string_view name, std::string value) {
  std::erase_if(fields_, [name](const auto& field) { return base::iequals(field.first, name); });
  fields_.emplace_back(name, std::move(value));
}

const std::string* Headers::find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (base::iequals(field, name)) return &value;
  }
  return nullptr;
}

Response text_response(int status, std::string text) {
  Response response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

Response json_response(int status, std::string json) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(json);
  return response;
}

std::string_view reason(int status) {
  struct Entry {
    int status;
    std::string_view reason;
  };
  static constexpr Entry entries[] = {
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
  };
  for (const Entry& entry : entries) {
    if (entry.status == status) return entry.reason;
  }
  return "";
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const auto octet = base::unhex(text.substr(i + 1, 2));
      if (!octet || octet->size() != 1) return std::nullopt;
      out += *octet;
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool unreserved =
        base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      out += '%';
      out += base::upper(base::hex(std::string_view(&c, 1)));
    }
  }
  return out;
}

std::optional<Values> parse_query(std::string_view text) {
  Values out;
  for (const std::string_view part : base::split(text, '&')) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    auto name = percent_decode(part.substr(0, equals), true);
    auto value = percent_decode(
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    out.insert_or_assign(std::move(*name), std::move(*value));
  }
  return out;
}

// RFC 9112 §3.2: origin-form, absolute-form (a proxy's), asterisk-form.
std::string_view raw_path(std::string_view target) {
  std::string_view path = target.substr(0, target.find('?'));
  if (path == "*") return path;
  if (base::istarts_with(path, "http://") || base::istarts_with(path, "https://")) {
    path.remove_prefix(path.find("://") + 3);
    const std::size_t slash = path.find('/');
    return slash == std::string_view::npos ? std::string_view("/") : path.substr(slash);
  }
  return path.starts_with('/') ? path : std::string_view();
}

bool split_target(Request& request) {
  const std::string_view target = request.target;
  const std::size_t question = target.find('?');
  auto path = percent_decode(raw_path(target), false);
  auto query = parse_query(question == std::string_view::npos ? "" : target.substr(question + 1));
  if (!path || path->empty() || path->contains('\0') || !query) return false;
  request.path = std::move(*path);
  request.query = std::move(*query);
  return true;
}

std::string format_date(base::Time time) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     days[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace http
