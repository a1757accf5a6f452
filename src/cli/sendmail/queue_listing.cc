// See queue_listing.h.
#include "cli/sendmail/queue_listing.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <ctime>

#include "lib/base/text.h"

namespace sendmail {
namespace {

namespace json = boost::json;

// "Mon Nov 23 12:00:00", in the time of this host as Postfix shows it.
std::string arrival(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts = {};
  if (::localtime_r(&time, &parts) == nullptr) return "-";
  return fmt::format("{:%a %b %d %H:%M:%S}", parts);
}

std::string text_in(const json::object& object, std::string_view name) {
  const json::value& value = object.at({name.data(), name.size()});
  return base::printable(std::string_view(value.as_string()));
}

std::string lines_of(const json::object& message) {
  // Postfix: * is being delivered, ! is on hold
  const char* mark = message.at("active").as_bool() ? "*"
                     : message.at("hold").as_bool() ? "!"
                                                    : " ";
  const std::string sender = text_in(message, "sender");
  std::string out = fmt::format("{}{} {:>7} {} {}\n", text_in(message, "id"), mark,
                                message.at("bytes").to_number<std::uint64_t>(),
                                arrival(message.at("accepted").to_number<std::int64_t>()),
                                sender.empty() ? "MAILER-DAEMON" : sender);
  if (const std::string why = text_in(message, "last_reply"); !why.empty()) {
    out += fmt::format("({})\n", why);
  }
  for (const json::value& recipient : message.at("recipients").as_array()) {
    out += fmt::format("{:41}{}\n", "", base::printable(std::string_view(recipient.as_string())));
  }
  return out + "\n";
}

std::string listing(const json::object& answer) {
  const json::array& messages = answer.at("messages").as_array();
  if (messages.empty()) return "Mail queue is empty\n";
  std::string out = "-Queue ID-   --Size-- ----Arrival Time---- -Sender/Recipient-------\n";
  std::uint64_t bytes = 0;
  for (const json::value& one : messages) {
    const json::object& message = one.as_object();
    bytes += message.at("bytes").to_number<std::uint64_t>();
    out += lines_of(message);
  }
  out += fmt::format("-- {} Kbytes in {} Request{}.\n", bytes / 1024, messages.size(),
                     messages.size() == 1 ? "" : "s");
  if (answer.at("more").as_bool()) out += "There are more; see `stagepost queue list`\n";
  return out;
}

}  // namespace

base::Result<std::string> queue_listing(std::string_view answer) {
  boost::system::error_code error;
  const json::value value = json::parse(answer, error);
  if (!error && value.is_object()) {
    try {
      return listing(value.get_object());
    } catch (const std::exception&) {  // a field is missing or of another kind
      return base::fail(base::ErrorKind::invalid, "the server's answer is not understood");
    }
  }
  return base::fail(base::ErrorKind::invalid, "the server's answer is not understood");
}

}  // namespace sendmail
