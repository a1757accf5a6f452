// See session.h. The loop; the commands are in files of their own.
#include "session/session.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/io/deadline.h"
#include "session/idle_scope.h"

namespace session {
namespace {

constexpr base::Duration farewell_timeout = std::chrono::seconds(5);  // a peer that is gone anyway

}  // namespace

Session::Session(Parts& parts, Rules rules, std::unique_ptr<io::Stream> stream)
    : parts_(parts),
      rules_(std::move(rules)),
      settings_(*rules_.settings),
      ends_at_(parts.doors.clock.now() + settings_.session_time_max),
      channel_(parts.doors.clock, std::move(stream), settings_.command_line_bytes_max, ends_at_) {
  transaction_.session = parts.ids.session(parts.doors.clock.wall());
  transaction_.listener = rules_.listener.name;
  transaction_.submission = rules_.listener.role == Role::submission;
  transaction_.peer = channel_.stream().peer();
  transaction_.local = channel_.stream().local();
  visit_ = parts_.policy.begin_visit();
}

io::Task<void> Session::run() {
  parts_.counters.connections.add();
  parts_.counters.open.add(1);
  base::Event connected = event("session.connect");
  connected.fields.emplace_back("peer", transaction_.peer.text());
  connected.fields.emplace_back("listener", transaction_.listener);
  parts_.events.emit(connected);
  if (co_await begin()) {
    while (!ended_) {
      auto line = co_await next_line();
      if (!line) {
        farewell(line.error());
        break;
      }
      const smtp::Reply reply = line->fault == smtp::LineFault::none ? co_await answer(line->text)
                                                                     : std::move(line->refusal);
      if (reply.code != 0) channel_.say(reply);  // a TLS handshake is its own answer
      count_error(reply);
    }
  }
  co_await parts_.policy.end_visit(*visit_);
  co_await channel_.close(farewell_timeout);
  base::Event ended = event("session.end");
  ended.fields.emplace_back("reason", end_reason_);
  ended.fields.emplace_back("messages", fmt::to_string(messages_));
  parts_.events.emit(ended);
  parts_.counters.open.add(-1);
}

// Implicit TLS, then the greeting (RFC 5321 §4.3.1).
io::Task<bool> Session::begin() {
  if (banned()) co_return false;
  if (rules_.listener.tls == Tls::implicit) {
    if (!co_await handshake()) {
      end_reason_ = "TLS handshake failed";
      co_return false;
    }
  }
  if (const std::string trouble = parts_.queue.trouble(); !trouble.empty()) {
    // Nothing could be accepted: other servers should come back later (RFC 5321 §3.8).
    channel_.say(smtp::reply(421, fmt::format("{} cannot take mail at the moment; try again later",
                                              settings_.hostname)));
    end_reason_ = "the queue is in trouble: " + trouble;
    co_return false;
  }
  if (!co_await admitted()) co_return false;
  channel_.say(smtp::reply(220, settings_.hostname + " ESMTP Stagepost"));
  co_return true;
}

// Between transactions a session is idle: a stopping server ends such waits at once, and leaves
// those in the middle of a message their grace.
io::Task<base::Result<Channel::Line>> Session::next_line() {
  if (mail_given_) co_return co_await channel_.line(settings_.command_timeout);
  IdleScope idle(co_await io::current_scope(), parts_.closing);
  auto waiting = channel_.line(settings_.command_timeout);
  waiting.set_scope(idle.scope());
  co_return co_await std::move(waiting);
}

io::Task<smtp::Reply> Session::answer(std::string_view line) {
  const smtp::Command command = smtp::parse_command(line);
  // The reader lets longer lines through where AUTH may come (RFC 4954 §4).
  if (command.verb != smtp::Verb::auth && line.size() + 2 > settings_.command_line_bytes_max) {
    co_return smtp::reply(500, {5, 5, 2}, "The command line is too long");
  }
  switch (command.verb) {
    case smtp::Verb::helo: co_return co_await helo(command.argument);
    case smtp::Verb::ehlo: co_return co_await ehlo(command.argument);
    case smtp::Verb::starttls: co_return co_await starttls(command.argument);
    case smtp::Verb::auth: co_return co_await auth(command.argument);
    case smtp::Verb::mail: co_return co_await mail(command.argument);
    case smtp::Verb::rcpt: co_return co_await rcpt(command.argument);
    case smtp::Verb::data: co_return co_await data(command.argument);
    default: co_return co_await simple(command);
  }
}

// The peer went away or kept silent, or we are stopping: says so while it can still be heard.
void Session::farewell(const base::Error& error) {
  end_reason_ = error.text();
  if (error.kind == base::ErrorKind::timed_out) {
    const bool too_long = parts_.doors.clock.now() >= ends_at_;
    const base::Duration limit = too_long ? settings_.session_time_max : settings_.command_timeout;
    channel_.say(smtp::reply(421, {4, 4, 2},
                             fmt::format("{} closes the connection: {} {}", settings_.hostname,
                                         too_long ? "it has lasted" : "nothing was heard for",
                                         base::format_duration(limit))));
  } else if (error.kind == base::ErrorKind::limit) {
    channel_.say(smtp::reply(421, {4, 7, 0}, settings_.hostname + " closes: " + error.detail));
  } else if (error.kind == base::ErrorKind::cancelled) {
    end_reason_ = "server stopping";
    channel_.say(smtp::reply(421, {4, 3, 2}, settings_.hostname + " is stopping; try again soon"));
  }
  ended_ = true;
}

void Session::count_error(const smtp::Reply& reply) {
  if (ended_ || reply.code < 400) return;
  if (reply.permanent()) ++errors_;
  if (errors_ <= settings_.errors_max && unknown_recipients_ <= settings_.unknown_recipients_max) {
    return;
  }
  end_reason_ = "too many errors";
  channel_.say(
      smtp::reply(421, {4, 7, 0}, settings_.hostname + " closes the connection: too many errors"));
  ended_ = true;
}

io::Task<void> Session::reset_transaction() {
  transaction_.reset_message();
  mail_given_ = false;
  recipient_judged_ = false;
  known_.reset();
  co_await parts_.policy.reset(*visit_);
}

// What policy refused; 421 closes (RFC 5321 §3.8: whoever says it closes).
smtp::Reply Session::refuse(std::string_view command, policy::Verdict verdict) {
  tell_judged(verdict);
  base::Event refused = event("session.command_refused");
  refused.fields.emplace_back("command", base::printable(command, 200));
  refused.fields.emplace_back("reply", verdict.reply.text());
  for (std::string& reason : verdict.reasons) {
    refused.fields.emplace_back("reason", std::move(reason));
  }
  parts_.events.emit(refused);
  if (verdict.reply.code == 421 || verdict.close) {
    end_reason_ = verdict.rule.empty() ? "refused" : "refused by " + verdict.rule;
    ended_ = true;
  }
  return std::move(verdict.reply);
}

base::Event Session::event(std::string_view name, base::Severity severity) const {
  return {.severity = severity,
          .name = name,
          .time = parts_.doors.clock.wall(),
          .session = transaction_.session,
          .message = {},
          .fields = {}};
}

void Session::report_refusal(std::string_view command, const smtp::Reply& reply) {
  base::Event refused = event("session.command_refused");
  refused.fields.emplace_back("command", base::printable(command, 200));
  refused.fields.emplace_back("reply", reply.text());
  parts_.events.emit(refused);
}

}  // namespace session
