// See move.h: milters.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "import/postfix/lines.h"
#include "import/postfix/move.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

struct Wait {
  std::string_view name;  // of Postfix
  std::string_view key;   // ours
};

constexpr auto waits = std::to_array<Wait>({{"connect_timeout", "connect_timeout"},
                                            {"command_timeout", "command_timeout"},
                                            {"content_timeout", "end_timeout"}});

// Settings of Postfix for all milters, or of one: "{ inet:host:port, connect_timeout=10s }".
class Filter {
 public:
  Filter(Move& move, std::string_view parameter) : move_(move), parameter_(parameter) {}

  bool take(const std::string& item) {
    const std::vector<std::string> parts = list_of(without_braces(item));
    if (parts.empty()) return false;
    place_ = service_place(move_, parts.front());
    element_ = {{"address", text_value(place_)}};
    action(own(parts, "default_action"));
    for (const Wait& wait : waits) time(wait, own(parts, wait.name));
    if (is_off_for_submissions()) element_.emplace_back("submissions", flag_value(false));
    return move_.take_element(parameter_, "milter", element_, remark_);
  }

 private:
  // What one milter says for itself, else what all have.
  [[nodiscard]] std::string own(const std::vector<std::string>& parts,
                                std::string_view name) const {
    for (const std::string& part : parts) {
      const std::string_view text = without_braces(part);
      const std::size_t equals = text.find('=');
      if (equals != std::string_view::npos && base::trim(text.substr(0, equals)) == name) {
        return std::string(base::trim(text.substr(equals + 1)));
      }
    }
    return move_.value(fmt::format("milter_{}", name));
  }

  void action(const std::string& text) {
    if (text == "accept" || text == "reject" || text == "tempfail") {
      element_.emplace_back("default_action", text_value(text));
    } else if (text == "quarantine") {
      element_.emplace_back("default_action", text_value("tempfail"));
      remark_ = "default_action quarantine is tempfail: the mail waits at its sender";
    }
  }

  void time(const Wait& wait, const std::string& text) {
    const auto duration = postfix_time(text);
    if (text.empty() || !duration) return;
    element_.emplace_back(std::string(wait.key), text_value(base::format_duration(*duration)));
  }

  // A submission service with "-o smtpd_milters=".
  [[nodiscard]] bool is_off_for_submissions() const {
    return std::ranges::any_of(move_.master.services, [](const Service& service) {
      const Override* found = service.find("smtpd_milters");
      return found != nullptr && found->raw.empty() && service.type == "inet" &&
             service.command == "smtpd" && !service.name.starts_with("127.");
    });
  }

  Move& move_;
  std::string_view parameter_;
  std::string place_;
  Element element_;
  std::string remark_;
};

}  // namespace

void take_filters(Move& move) {
  const std::vector<std::string> items = list_of(move.value("smtpd_milters"));
  for (const std::string& item : items) Filter(move, "smtpd_milters").take(item);
  if (items.empty()) move.note("smtpd_milters", Fate::same, "no filter is asked");
  const bool same = move.value("non_smtpd_milters") == move.value("smtpd_milters");
  if (same || list_of(move.value("non_smtpd_milters")).empty()) {
    move.note("non_smtpd_milters", Fate::same,
              "mail of programs comes by SMTP here and is seen by the same filters");
  } else {
    move.note(
        "non_smtpd_milters", Fate::by_hand,
        "all mail comes by SMTP here; those that smtpd_milters lacks are not asked: add them as "
        "[[milter]]");
  }
  for (const std::string_view name : {"milter_default_action", "milter_connect_timeout",
                                      "milter_command_timeout", "milter_content_timeout"}) {
    move.note(name, items.empty() ? Fate::different : Fate::taken,
              items.empty() ? "there is no filter" : "in each [[milter]]");
  }
}

}  // namespace postfix
