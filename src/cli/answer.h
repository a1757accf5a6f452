// cli/answer.h: asks the server and shows what it said.
//
// What:    do_and_show for a verb that prints a sentence, list for one that prints lines or JSON.
// In/Out:  method, target, body → printed text → exit code.
// Errors:  the complaint on stderr, and 1.
// Limits:  none.
// Not here: how the server is reached (connection.h), what is asked (the verbs' files).
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "cli/connection.h"

namespace cli {

using Show = std::function<void(const boost::json::object&)>;

struct Question {
  const char* method;
  std::string target;
  boost::json::object body = {};
  base::Duration timeout = answer_time_max;
};

[[nodiscard]] int do_and_show(const Place& place, Question question, const Show& show);
// Prints a line for each entry of the list `key`, or the whole answer as JSON.
using Line = std::function<std::string(const boost::json::object&)>;
[[nodiscard]] int show_list(const Place& place, Question question, std::string_view key, bool json,
                            const Line& line);

// The field as text; empty when it is not there.
[[nodiscard]] std::string field_of(const boost::json::object& object, std::string_view name);
[[nodiscard]] std::string text_of(const boost::json::value& value);
[[nodiscard]] bool is_true(const boost::json::object& object, std::string_view name);
// Empty when there is no such list.
[[nodiscard]] const boost::json::array& list_of(const boost::json::object& object,
                                                std::string_view name);

}  // namespace cli
