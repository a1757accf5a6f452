// See json.h.
#include "lib/sasl/json.h"

#include <cmath>

#include "lib/base/text.h"

namespace sasl {

std::optional<boost::json::object> read_json_object(std::string_view text) {
  if (text.size() > json_bytes_max) return std::nullopt;
  boost::json::parse_options options;
  options.max_depth = json_depth_max;
  boost::system::error_code error;
  boost::json::value value = boost::json::parse({text.data(), text.size()}, error, {}, options);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::optional<std::string> text_member(const boost::json::object& object, std::string_view name) {
  const boost::json::value* found = object.if_contains({name.data(), name.size()});
  if (found == nullptr || !found->is_string()) return std::nullopt;
  const boost::json::string& text = found->get_string();
  return std::string(text.data(), text.size());
}

std::optional<base::Time> time_member(const boost::json::object& object, std::string_view name) {
  constexpr double year_9999 = 253'402'300'799.0;
  const boost::json::value* found = object.if_contains({name.data(), name.size()});
  if (found == nullptr || !found->is_number()) return std::nullopt;
  const double seconds = found->to_number<double>();
  if (!(seconds >= 0.0 && seconds <= year_9999)) return std::nullopt;
  return base::Time(std::chrono::seconds(static_cast<std::int64_t>(std::floor(seconds))));
}

bool audience_has(const boost::json::object& object, std::string_view wanted) {
  const boost::json::value* found = object.if_contains("aud");
  if (found == nullptr) return false;
  const auto is_wanted = [wanted](const boost::json::value& one) {
    return one.is_string() && std::string_view(one.get_string()) == wanted;
  };
  if (!found->is_array()) return is_wanted(*found);
  return std::ranges::any_of(found->get_array(), is_wanted);
}

std::optional<std::string> unbase64url(std::string_view text) {
  constexpr std::size_t quartet = 4;
  if (text.size() % quartet == 1) return std::nullopt;
  std::string plain(text);
  for (char& c : plain) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  plain.append((quartet - plain.size() % quartet) % quartet, '=');
  return base::unbase64(plain);
}

}  // namespace sasl
