// See session.h. The RCPT command (RFC 5321 §4.1.1.3).
#include <algorithm>

#include "lib/base/text.h"
#include "session/session.h"

namespace session {

io::Task<smtp::Reply> Session::rcpt(std::string_view argument) {
  if (!mail_given_) co_return smtp::reply(503, {5, 5, 1}, "Say MAIL first");
  if (chunks_ != nullptr) {
    co_return smtp::reply(503, {5, 5, 1}, "The message has begun; RSET drops it");
  }
  auto params = smtp::parse_rcpt(argument, offered(), transaction_.envelope.smtputf8);
  if (!params) {
    report_refusal("RCPT " + std::string(argument), params.error());
    co_return params.error();
  }
  co_return co_await add_recipient(std::move(*params));
}

io::Task<smtp::Reply> Session::add_recipient(smtp::RcptParams params) {
  // RFC 5321 §4.5.3.1.10: too many is a temporary answer, the client sends the rest again.
  if (std::max(transaction_.envelope.recipients.size(), lmtp_recipients_.size()) >=
      settings_.recipients_max) {
    co_return smtp::reply(452, {4, 5, 3}, "Too many recipients; send the others separately");
  }
  message::Recipient recipient;
  recipient.address = std::move(params.recipient);
  // RFC 5321 §4.5.1: <postmaster>, and postmaster@ our own name, are always accepted. The directory
  // knows who that is by the address without a domain.
  if (base::iequals(recipient.address.local, "postmaster") &&
      base::iequals(recipient.address.domain, settings_.hostname) &&
      !known_->is_local_domain(message::domain_key(settings_.hostname))) {
    recipient.address.domain.clear();
  }
  recipient.original = recipient.address;
  std::string named = is_lmtp() ? recipient.address.text() : std::string();
  recipient.orcpt = std::move(params.orcpt);
  recipient.notify = params.notify;

  auto judged = co_await parts_.policy.at_rcpt(*visit_, transaction_, recipient, *known_);
  if (!judged.verdict.accepted()) {
    parts_.counters.recipients_refused.add();
    if (judged.unknown) ++unknown_recipients_;
    base::Event refused = event("recipient.refused");
    refused.fields.emplace_back("from", transaction_.envelope.sender.text());
    refused.fields.emplace_back("to", recipient.address.text());
    refused.fields.emplace_back("reply", judged.verdict.reply.text());
    for (const std::string& reason : judged.verdict.reasons) {
      refused.fields.emplace_back("reason", reason);
    }
    parts_.events.emit(refused);
    if (!recipient_judged_ && !judged.verdict.rule.empty()) {
      recipient_judged_ = true;
      tell_judged(judged.verdict, &recipient);
    }
    if (judged.verdict.reply.code == 421 || judged.verdict.close) {
      end_reason_ = "refused by " + judged.verdict.rule;
      ended_ = true;
    }
    co_return std::move(judged.verdict.reply);
  }
  for (message::Recipient& accepted : judged.recipients) {
    auto& recipients = transaction_.envelope.recipients;
    // Named twice, somebody gets one copy, unless different things are to be told about the two.
    const bool twice = std::ranges::any_of(recipients, [&accepted](const auto& other) {
      return other.address == accepted.address && other.notify == accepted.notify &&
             other.orcpt == accepted.orcpt;
    });
    if (!twice) recipients.push_back(std::move(accepted));
  }
  if (is_lmtp()) lmtp_recipients_.push_back(std::move(named));
  co_return smtp::reply(250, {2, 1, 5}, "Recipient accepted");
}

}  // namespace session
