// See dsn_words.h.
#include "report/dsn_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/message/date.h"
#include "lib/message/utf8.h"
#include "report/dsn_text.h"
#include "report/meaning.h"

namespace report {
namespace {

using queue::Action;

std::string long_time(base::Duration duration) {
  const auto hours = std::chrono::floor<std::chrono::hours>(duration).count();
  if (hours >= 48) return fmt::format("{} days", hours / 24);
  if (hours >= 2) return fmt::format("{} hours", hours);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(duration).count();
  return minutes == 1 ? "1 minute" : fmt::format("{} minutes", minutes);
}

// RFC 3464 gives programs one line; people get the lines as the remote sent them.
std::string verbatim(const Told& told) {
  const smtp::Reply& reply = told.report.attempt.reply;
  std::string front = reply.code > 0 ? fmt::format("{:03} ", reply.code) : std::string();
  if (reply.enhanced) front += reply.enhanced->text() + " ";
  std::string out;
  for (const std::string& line : reply.lines) {
    out += fmt::format("        {}\r\n", hidden(told, clean(front + line)));
  }
  if (out.empty() && !front.empty()) out = fmt::format("        {}\r\n", clean(front));
  return out;
}

std::string last_words(const Told& told) {
  const std::string words = verbatim(told);
  if (words.empty()) return {};
  const std::string remote = clean(hidden(told, told.report.attempt.remote));
  const std::string front = remote_host(remote).empty()
                                ? "    What happened at last:\r\n"
                                : wrap(fmt::format("The last answer of {} was:", remote), "    ");
  return fmt::format("{}\r\n{}\r\n", front, words);
}

std::string deadline(const DsnInput& input) {
  return message::date_text(input.original.envelope.by.deadline);
}

// Whose time is over, and whose time that was.
std::string about_time(const Told& told, const DsnInput& input) {
  std::string said;
  if (told.report.by) {
    said = fmt::format("It was to be delivered by {}{}.", deadline(input),
                       told.report.action == Action::failed ? ", or not at all" : "");
  } else if (told.report.expired) {
    said = fmt::format("We tried for {}, and have given up.",
                       long_time(input.now - input.original.starts()));
  }
  return said.empty() ? said : wrap(said, "    ") + "\r\n";
}

// RFC 2852: who set a time hears X.4.7 when it is over, and when a server could not keep it.
Meaning meaning_of(const Told& told, const DsnInput& input) {
  const smtp::EnhancedCode status = status_of(told.report);
  const bool in_time = told.report.by || (input.original.envelope.by.given() &&
                                          status == smtp::EnhancedCode{5, 4, 7});
  if (!in_time) return meaning(status);
  return {
      .what = "It could not be delivered by the time that was set for it.",
      .remedy = "If it is still of use, send it again with more time, or without such a limit."};
}

std::string about_trouble(const Told& told, const DsnInput& input) {
  std::string out = about_time(told, input);
  out += last_words(told);
  const Meaning means = meaning_of(told, input);
  out += wrap(fmt::format("What it means: {}", means.what), "    ");
  // Of what is late nothing is to be done: it may still arrive.
  if (told.report.action == Action::failed) {
    out += wrap(fmt::format("What you can do: {}", means.remedy), "    ");
  }
  return out + "\r\n";
}

std::string about_relay(const Told& told, const DsnInput& input) {
  const std::string remote = clean(hidden(told, told.report.attempt.remote));
  std::string but = "does not report what becomes of it";
  if (told.report.by) {
    but = fmt::format("{} that it is to be delivered by {}",
                      told.report.by_kept ? "knows" : "does not know", deadline(input));
  }
  return wrap(fmt::format("{} has taken it, and {}. It said:",
                          remote.empty() ? "Another server" : remote, but),
              "    ") +
         fmt::format("\r\n{}\r\n", verbatim(told));
}

std::string about(const Told& told, const DsnInput& input) {
  std::string out = fmt::format("<{}>\r\n\r\n", told.address);
  switch (told.report.action) {
    case Action::failed:
    case Action::delayed: return out + about_trouble(told, input);
    case Action::relayed: return out + about_relay(told, input);
    case Action::delivered:
    case Action::expanded: break;
  }
  return out;
}

std::string_view what_happened(Action action) {
  switch (action) {
    case Action::failed: return "could not be delivered to";
    case Action::delayed: return "has not been delivered yet to";
    case Action::delivered: return "has been delivered to";
    case Action::relayed: return "has been passed on for";
    case Action::expanded: return "has been passed on to everybody who stands behind";
  }
  return {};
}

bool hear_of_failure(const std::vector<Told>& told) {
  return std::ranges::all_of(told, [](const Told& one) {
    return message::notify_wants(one.recipient.notify, message::notify_failure);
  });
}

std::string what_follows(const std::vector<Told>& told) {
  switch (told.front().report.action) {
    case Action::failed: return "Nothing more will be tried for what is named above.";
    case Action::delayed:
      return fmt::format("You need not send it again: we go on trying until {}{}.",
                         message::date_text(told.front().report.retry_until),
                         hear_of_failure(told) ? ", and tell you if that fails" : "");
    case Action::delivered:
      return "You get this report because it was asked for. It says that the message lies in the "
             "mailbox, not that anybody has read it.";
    case Action::relayed:
    case Action::expanded:
      return fmt::format("You get this report because it was asked for. {}",
                         hear_of_failure(told) ? "You will hear more only if something fails."
                                               : "You will hear no more of it.");
  }
  return {};
}

std::string_view subject_words(Action action) {
  switch (action) {
    case Action::failed: return "Not delivered";
    case Action::delayed: return "Delayed";
    case Action::delivered: return "Delivered";
    case Action::relayed:
    case Action::expanded: return "Passed on";
  }
  return {};
}

}  // namespace

std::string hidden(const Told& told, std::string text) {
  const std::string real = told.recipient.address.text();
  if (real.empty() || real == told.address) return text;
  for (std::size_t at = text.find(real); at != std::string::npos;
       at = text.find(real, at + told.address.size())) {
    text.replace(at, real.size(), told.address);
  }
  return text;
}

std::string words_for_people(const Settings& settings, const DsnInput& input,
                             const std::vector<Told>& told, bool whole) {
  const std::size_t count = input.told.size();
  std::string out =
      wrap(fmt::format("This is the mail server {}. Your message of {} {} {}:", settings.hostname,
                       message::date_text(input.original.accepted),
                       what_happened(told.front().report.action),
                       count == 1 ? "this address" : fmt::format("these {} addresses", count)),
           "");
  out += "\r\n";
  for (const Told& one : told) out += about(one, input);
  if (count > told.size()) {
    out += fmt::format("... and {} more addresses.\r\n\r\n", count - told.size());
  }
  out += wrap(fmt::format("{} This report was written by a program; attached are the details for "
                          "other programs, and {} your message.",
                          what_follows(told), whole ? "all of" : "the header of"),
              "");
  return out;
}

std::string subject_field(const std::vector<Told>& told, std::size_t count) {
  const std::string_view words = subject_words(told.front().report.action);
  if (count == 1 && message::is_ascii(told[0].address)) {
    return fmt::format("Subject: {}: your message to\r\n {}\r\n", words, told[0].address);
  }
  return fmt::format("Subject: {}: your message to {}\r\n", words,
                     count == 1 ? "one address" : fmt::format("{} addresses", count));
}

}  // namespace report
