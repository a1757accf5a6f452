// See smtp_mode.h.
#include "cli/sendmail/smtp_mode.h"

#include <fmt/format.h>

#include <utility>

namespace sendmail {
namespace {

constexpr std::size_t line_bytes_max = 2'000;

// "5.1.1" as the reply has it.
smtp::Reply reply_of(const Outcome& outcome) {
  return smtp::reply(outcome.code, outcome.enhanced + " " + outcome.text);
}

}  // namespace

SmtpMode::SmtpMode(Setup setup, Post post) : setup_(std::move(setup)), post_(std::move(post)) {}

std::string SmtpMode::greeting() const {
  return smtp::reply(220, setup_.host + " ESMTP Stagepost, for " + setup_.caller.user).wire();
}

smtp::Extensions SmtpMode::offered() const {
  smtp::Extensions out;
  out.pipelining = out.eightbitmime = out.enhanced_codes = out.smtputf8 = out.dsn = true;
  out.size = setup_.message_bytes_max;
  return out;
}

std::string SmtpMode::feed(std::string_view octets) {
  input_ += octets;
  std::string out;
  while (!ended_) {
    if (reader_) {
      out += take_data();
      if (reader_) return out;
      continue;
    }
    const std::size_t end = input_.find('\n');
    if (end == std::string::npos) {
      if (input_.size() <= line_bytes_max) return out;
      ended_ = true;
      return out + smtp::reply(421, {4, 5, 2}, "The command line is too long").wire();
    }
    std::string line = input_.substr(0, end);
    input_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    out += answer(line).wire();
  }
  return out;
}

smtp::Reply SmtpMode::answer(std::string_view line) {
  using smtp::Verb;
  const smtp::Command command = smtp::parse_command(line);
  switch (command.verb) {
    case Verb::helo: reset(); return smtp::reply(250, setup_.host);
    case Verb::ehlo: {
      reset();
      smtp::Reply reply = smtp::reply(250, setup_.host);
      for (std::string& one : smtp::ehlo_lines(offered())) reply.lines.push_back(std::move(one));
      return reply;
    }
    case Verb::mail: return mail(command.argument);
    case Verb::rcpt: return rcpt(command.argument);
    case Verb::data: return data();
    case Verb::rset: reset(); return smtp::reply(250, {2, 0, 0}, "Forgotten");
    case Verb::noop: return smtp::reply(250, {2, 0, 0}, "Nothing done");
    case Verb::vrfy: return smtp::reply(252, {2, 5, 0}, "Send mail, and you will see");
    case Verb::quit: ended_ = true; return smtp::reply(221, {2, 0, 0}, "Good bye");
    default: return smtp::reply(500, {5, 5, 2}, "This command is not understood here");
  }
}

smtp::Reply SmtpMode::mail(std::string_view argument) {
  if (letter_) return smtp::reply(503, {5, 5, 1}, "A message is begun already; RSET drops it");
  auto params = smtp::parse_mail(argument, offered());
  if (!params) return params.error();
  letter_.emplace();
  letter_->sender = params->sender.text();
  letter_->ret = params->ret;
  letter_->envid = std::move(params->envid);
  return smtp::reply(250, {2, 1, 0}, "Sender accepted");
}

// The server looks at recipients when the message is there.
smtp::Reply SmtpMode::rcpt(std::string_view argument) {
  if (!letter_) return smtp::reply(503, {5, 5, 1}, "Say MAIL first");
  auto params = smtp::parse_rcpt(argument, offered(), true);
  if (!params) return params.error();
  if (letter_->recipients.size() == local_mail::recipients_max) {
    return smtp::reply(452, {4, 5, 3}, "Too many recipients for one message");
  }
  const std::uint8_t wanted = params->notify;
  if (letter_->recipients.empty()) letter_->notify = wanted;
  if (wanted != letter_->notify) {
    return smtp::reply(452, {4, 5, 3}, "Recipients with another NOTIFY go in another message");
  }
  letter_->recipients.push_back(params->recipient.text());
  return smtp::reply(250, {2, 1, 5}, "Recipient accepted");
}

smtp::Reply SmtpMode::data() {
  if (!letter_ || letter_->recipients.empty()) {
    return smtp::reply(503, {5, 5, 1}, "Say MAIL and RCPT first");
  }
  reader_.emplace(smtp::DataLimits{.line_bytes_max = smtp::data_line_bytes_max,
                                   .size_max = setup_.message_bytes_max});
  message_.clear();
  return smtp::reply(354, "Go on; end with a dot on a line of its own");
}

// Empty while the end has not come.
std::string SmtpMode::take_data() {
  const std::size_t taken = reader_->feed(input_, message_);
  input_.erase(0, taken);
  if (!reader_->done()) return {};
  const auto fault = reader_->fault();
  reader_.reset();
  const smtp::Reply reply = fault ? smtp::fault_reply(*fault) : take_message();
  reset();
  return reply.wire();
}

smtp::Reply SmtpMode::take_message() {
  Options options;
  options.sender = letter_->sender;
  options.ret = letter_->ret;
  options.notify = letter_->notify;
  options.envid = letter_->envid;
  options.recipients = letter_->recipients;
  auto letter = compose(options, setup_.caller, std::move(message_));
  if (!letter) return smtp::reply(554, {5, 6, 0}, letter.error().detail);
  return reply_of(post_(std::move(*letter)));
}

void SmtpMode::reset() {
  letter_.reset();
  message_.clear();
}

}  // namespace sendmail
