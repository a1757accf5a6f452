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

Session::Session(Parts& parts, Rules rules, std::unique_ptr<io::Stream> stream, Crowd::Place place)
    : parts_(parts),
      rules_(std::move(rules)),
      settings_(*rules_.settings),
      place_(std::move(place)),
      ends_at_(parts.doors.clock.now() + settings_.session_time_max),
      channel_(parts.doors.clock, std::move(stream), settings_.command_line_bytes_max, ends_at_) {
  transaction_.session = parts.ids.session(parts.doors.clock.wall());
  transaction_.listener = rules_.listener.name;
  transaction_.submission = rules_.listener.role == Role::submission;
  transaction_.lmtp = is_lmtp();
  transaction_.peer = channel_.stream().peer();
  if (!rules_.listener.socket_path.empty()) {  // whoever has that file open is on this host
    transaction_.peer.address = io::IpAddress::v4({127, 0, 0, 1});
  }
  transaction_.local = channel_.stream().local();
  visit_ = parts_.policy.begin_visit();
}

// What an idle session holds are this frame and that of Channel::fill().
io::Task<void> Session::run() {
  report_begin();
  if (!co_await begin()) ended_ = true;
  while (!ended_) {
    auto line = channel_.take_line();
    if (!line) {
      auto filled = co_await channel_.fill(settings_.command_timeout, closing());
      if (!filled) farewell(filled.error());
      continue;
    }
    if (!*line) {
      farewell(line->error());
      continue;
    }
    const smtp::Reply reply = (*line)->fault == smtp::LineFault::none
                                  ? co_await answer((*line)->text)
                                  : std::move((*line)->refusal);
    if (reply.code != 0) channel_.say(reply);  // a TLS handshake is its own answer
    count_error(reply);
  }
  co_await parts_.policy.end_visit(*visit_);
  co_await channel_.close(farewell_timeout);
  report_end();
}

void Session::report_begin() {
  parts_.counters.connections.add();
  parts_.counters.open.add(1);
  base::Event connected = event("session.connect");
  connected.fields.emplace_back("peer", transaction_.peer.text());
  connected.fields.emplace_back("listener", transaction_.listener);
  if (rules_.proxy) connected.fields.emplace_back("proxy", rules_.proxy->at.text());
  parts_.events.emit(connected);
}

void Session::report_end() {
  base::Event ended = event("session.end");
  ended.fields.emplace_back("reason", end_reason_);
  ended.fields.emplace_back("messages", fmt::to_string(messages_));
  parts_.events.emit(ended);
  parts_.counters.open.add(-1);
}

// Between transactions a session is idle: a stopping server ends such waits at once, and leaves
// those in the middle of a message their grace.
io::CancelScope* Session::closing() { return mail_given_ ? nullptr : &parts_.closing; }

io::Task<smtp::Reply> Session::answer(std::string_view line) {
  const smtp::Command command = smtp::parse_command(line);
  // The reader lets longer lines through where AUTH may come (RFC 4954 §4).
  if (command.verb != smtp::Verb::auth && line.size() + 2 > settings_.command_line_bytes_max) {
    return too_long();
  }
  if (is_proxy_header(line)) return stray_proxy_header();
  switch (command.verb) {
    case smtp::Verb::helo: return is_lmtp() ? wrong_hello(command.verb) : helo(command.argument);
    case smtp::Verb::ehlo:
    case smtp::Verb::lhlo:
      return is_lmtp() == (command.verb == smtp::Verb::lhlo) ? ehlo(command.argument)
                                                             : wrong_hello(command.verb);
    case smtp::Verb::starttls: return starttls(command.argument);
    case smtp::Verb::auth: return auth(command.argument);
    case smtp::Verb::xclient: return xclient(command.argument);
    case smtp::Verb::mail: return mail(command.argument);
    case smtp::Verb::rcpt: return rcpt(command.argument);
    case smtp::Verb::data: return data(command.argument);
    case smtp::Verb::bdat: return bdat(command.argument);
    default: return simple(command);
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
                                         too_long ? "it has lasted" : "no command came within",
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
  lmtp_recipients_.clear();
  known_.reset();
  chunks_.reset();
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
