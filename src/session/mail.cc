// See session.h. The MAIL command (RFC 5321 §4.1.1.2).
#include <fmt/format.h>

#include <algorithm>

#include "lib/base/size.h"
#include "policy/recipient.h"
#include "session/session.h"

namespace session {

io::Task<smtp::Reply> Session::mail(std::string_view argument) {
  if (transaction_.helo.empty()) {
    co_return smtp::reply(503, {5, 5, 1}, "Say EHLO first");
  }
  if (const auto refusal = unknown_client()) co_return *refusal;
  if (mail_given_) {
    co_return smtp::reply(503, {5, 5, 1}, "A message is begun already; RSET drops it");
  }
  if (messages_ >= settings_.messages_per_session_max) {
    end_reason_ = "messages_per_session_max";
    ended_ = true;
    co_return smtp::reply(421, {4, 7, 0}, "Enough messages for one connection; open a new one");
  }
  auto params = smtp::parse_mail(argument, offered());
  if (!params) {
    report_refusal("MAIL " + std::string(argument), params.error());
    co_return params.error();
  }
  co_return co_await begin_message(std::move(*params), argument);
}

// `argument`: as the client said it, for the log.
io::Task<smtp::Reply> Session::begin_message(smtp::MailParams params, std::string_view argument) {
  if (params.size.value_or(0) > settings_.message_bytes_max) {
    co_return smtp::reply(552, {5, 3, 4},
                          fmt::format("The message is larger than {}, which is what we take",
                                      base::format_size(settings_.message_bytes_max)));
  }
  if (auto refusal = take_times(params)) {
    report_refusal("MAIL " + std::string(argument), *refusal);
    co_return *std::move(refusal);
  }
  known_ = parts_.directory.snapshot();
  transaction_.begun = parts_.doors.clock.wall();
  transaction_.envelope.sender = std::move(params.sender);
  transaction_.envelope.binary = params.body == smtp::Body::binary_mime;
  transaction_.envelope.eight_bit =
      params.body == smtp::Body::eight_bit_mime || transaction_.envelope.binary;
  transaction_.envelope.smtputf8 = params.smtputf8;
  transaction_.envelope.require_tls = params.requiretls;
  transaction_.envelope.envid = std::move(params.envid);
  // RFC 8689 §5: what comes back has the header only.
  transaction_.envelope.ret = params.requiretls ? message::Envelope::Ret::headers : params.ret;
  transaction_.declared_bytes = params.size.value_or(0);
  policy::Verdict verdict = co_await parts_.policy.at_mail(*visit_, transaction_, *known_);
  if (!verdict.accepted()) {
    smtp::Reply reply = refuse("MAIL " + std::string(argument), std::move(verdict));
    co_await reset_transaction();
    co_return reply;
  }
  mail_given_ = true;
  if (settings_.tell_moments) mail_at_ = parts_.doors.clock.wall();
  co_return take_priority(params.priority.value_or(0));
}

// When it may go, and by when it has to be delivered.
std::optional<smtp::Reply> Session::take_times(const smtp::MailParams& params) {
  const base::Time now = parts_.doors.clock.wall();
  const smtp::Extensions offers = offered();
  const auto release_at =
      smtp::release_time(params.hold, offers.future_release.value_or(smtp::FutureRelease()), now);
  if (!release_at) return release_at.error();
  message::DeliverBy by;
  if (params.by) {
    const smtp::ByRules rules{.seconds_min = offers.deliver_by.value_or(0),
                              .release_at = *release_at};
    const auto made = smtp::deliver_by(*params.by, rules, now);
    if (!made) return made.error();
    by = *made;
  }
  transaction_.release_at = *release_at;
  transaction_.envelope.by = by;
  return std::nullopt;
}

// RFC 6710 §4: whoever may not ask for more gets what is usual, and is told what he got. To be less
// urgent than others everybody may ask.
smtp::Reply Session::take_priority(int asked) {
  const bool may_ask = policy::may_relay(*visit_->settings, transaction_);
  const int given = std::min(asked, may_ask ? settings_.priority_max : 0);
  transaction_.envelope.priority = static_cast<std::int8_t>(given);
  if (given == asked) return smtp::reply(250, {2, 1, 0}, "Sender accepted");
  return smtp::reply(
      250, {2, 3, 6},
      fmt::format("{} is the priority of this message; {}", given,
                  may_ask ? "nobody's may be higher" : "those who log in may ask for more"));
}

}  // namespace session
