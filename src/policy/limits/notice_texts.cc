// See notice_texts.h.
#include "policy/limits/notice_texts.h"

#include <fmt/format.h>

namespace policy {

Notice near_limit_notice(const message::Address& to, std::string_view what) {
  return {.to = to,
          .subject = "You are near your limit of sending",
          .text = fmt::format(
              "Within the last day your account {}\n"
              "has sent much mail: {}.\n"
              "\n"
              "Mail beyond the limit is not lost: it is kept on this server until the\n"
              "administrator sends it on. If you need to send more, ask for a higher limit.\n"
              "If this was not you, somebody knows your password: change it now.\n",
              to.text(), what)};
}

Notice held_notice(const message::Address& to, std::string_view reason) {
  return {.to = to,
          .subject = "Mail that you sent is held",
          .text = fmt::format(
              "Mail from your account {} is held on this server:\n"
              "{}.\n"
              "\n"
              "Nothing is lost. The administrator can send it on, or remove it.\n"
              "If this was not you, somebody knows your password: change it now, and tell\n"
              "the administrator.\n",
              to.text(), reason)};
}

Notice held_notice_to_administrator(const message::Address& to, std::string_view account,
                                    std::string_view reason) {
  return {.to = to,
          .subject = fmt::format("Mail of {} is held", account),
          .text = fmt::format(
              "Mail from the account {} is held:\n"
              "{}.\n"
              "\n"
              "Either its owner sends more than the limit, or somebody else has the password.\n"
              "\n"
              "  stagepost limits show {}      what it sent and what is held\n"
              "  stagepost limits release {}   sends what is held, and lets go of the brake\n"
              "  stagepost limits purge {}     removes what is held\n"
              "  stagepost limits set {} --messages N --new-recipients N\n"
              "  stagepost user passwd {}      locks a thief out\n"
              "\n"
              "The owner was told, too. This is said once a day for each account.\n",
              account, reason, account, account, account, account, account)};
}

}  // namespace policy
