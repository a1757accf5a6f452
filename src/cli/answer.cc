// See answer.h.
#include "cli/answer.h"

#include <cstdio>

namespace cli {

int do_and_show(const Place& place, Question question, const Show& show) {
  auto answer =
      ask_json(place, question.method, std::move(question.target), question.body, question.timeout);
  if (!answer) return complain(answer.error().detail);
  show(*answer);
  return 0;
}

int show_list(const Place& place, Question question, std::string_view key, bool json,
              const Line& line) {
  return do_and_show(place, std::move(question), [&](const boost::json::object& answer) {
    if (json) {
      std::printf("%s\n", boost::json::serialize(answer).c_str());
      return;
    }
    for (const auto& entry : list_of(answer, key)) {
      std::printf("%s\n", line(entry.is_object() ? entry.get_object()
                                                 : boost::json::object{{"text", entry}})
                              .c_str());
    }
  });
}

std::string text_of(const boost::json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
}

std::string field_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value == nullptr ? std::string() : text_of(*value);
}

bool is_true(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_bool() && value->get_bool();
}

const boost::json::array& list_of(const boost::json::object& object, std::string_view name) {
  static const boost::json::array empty;
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_array() ? value->get_array() : empty;
}

}  // namespace cli
