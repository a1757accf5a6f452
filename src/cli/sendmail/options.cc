// See options.h.
#include "cli/sendmail/options.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "server/local_mail/letter.h"

namespace sendmail {
namespace {

using message::Envelope;

// Of Sendmail, Postfix and Exim together.
constexpr std::string_view with_value = "ABCDFLMNOQRVXbefhopr";
constexpr std::string_view alone = "EGIUacimnstvx";
// Whose value, if any, stands right behind.
constexpr std::string_view may_have_value = "dq";

std::unexpected<base::Error> bad(std::string why) {
  return base::fail(base::ErrorKind::invalid, std::move(why));
}

base::Result<> take_mode(Options& options, std::string_view value) {
  if (value == "m") {
    options.mode = Mode::send;
  } else if (value == "s") {
    options.mode = Mode::smtp;
  } else if (value == "p") {
    options.mode = Mode::mailq;
  } else if (value == "i") {
    options.mode = Mode::aliases;
  } else if (value == "d" || value == "D" || value == "l") {
    return bad("the server is not started so: systemctl start stagepost, or stagepost serve");
  } else {
    return bad(fmt::format("there is no mode -b{} here", base::printable(value, 20)));
  }
  return {};
}

// -f bob, -f '<bob@example.org>', -f '<>', -f ''
std::string sender_of(std::string_view value) {
  value = base::trim(value);
  if (value.starts_with('<') && value.ends_with('>')) value = value.substr(1, value.size() - 2);
  return std::string(value);
}

base::Result<> take_dsn(Options& options, char letter, std::string_view value) {
  if (letter == 'V') {
    if (!value.empty() && !local_mail::is_envid(value)) {
      return bad(fmt::format("-V: an ENVID is printable ASCII, {} octets at most",
                             local_mail::envid_bytes_max));
    }
    options.envid = value;
  } else if (letter == 'R') {
    const bool full = base::iequals(value, "full");
    if (!full && !base::iequals(value, "hdrs")) return bad("-R: say \"full\" or \"hdrs\"");
    options.ret = full ? Envelope::Ret::full : Envelope::Ret::headers;
  } else {
    const auto notify = local_mail::read_notify(value);
    if (!notify) {
      return bad("-N: say \"never\", or some of \"success\", \"failure\", \"delay\", with commas");
    }
    options.notify = *notify;
  }
  return {};
}

base::Result<> take_value(Options& options, char letter, std::string_view value) {
  switch (letter) {
    case 'b': return take_mode(options, value);
    case 'f':
    case 'r': options.sender = sender_of(value); return {};
    case 'F': options.full_name = value; return {};
    case 'N':
    case 'R':
    case 'V': return take_dsn(options, letter, value);
    case 'o':
      if (value == "i") options.dot_is_text = true;
      return {};
    case 'O':
      if (base::iequals(value, "IgnoreDots") || base::iequals(value, "IgnoreDots=true")) {
        options.dot_is_text = true;
      }
      return {};
    default: return {};
  }
}

void take_alone(Options& options, char letter) {
  if (letter == 't') options.read_recipients = true;
  if (letter == 'i') options.dot_is_text = true;
  if (letter == 'v') options.verbose = true;
  if (letter == 'I') options.mode = Mode::aliases;
}

// One argument that begins with a dash. True: the next one is its value, and was taken.
base::Result<bool> take_letters(Options& options, std::string_view letters,
                                const std::string* next) {
  while (!letters.empty()) {
    const char letter = letters.front();
    letters.remove_prefix(1);
    if (alone.contains(letter)) {
      take_alone(options, letter);
    } else if (may_have_value.contains(letter)) {
      if (letter == 'q') options.mode = Mode::retry;
      return false;
    } else if (!with_value.contains(letter)) {
      return bad(fmt::format("no sendmail has -{}", base::printable({&letter, 1})));
    } else if (!letters.empty()) {
      if (auto taken = take_value(options, letter, letters); !taken) {
        return std::unexpected(std::move(taken.error()));
      }
      return false;
    } else {
      if (next == nullptr) return bad(fmt::format("-{} needs a value", letter));
      if (auto taken = take_value(options, letter, *next); !taken) {
        return std::unexpected(std::move(taken.error()));
      }
      return true;
    }
  }
  return false;
}

}  // namespace

base::Result<Options> read_options(std::span<const std::string> arguments, Mode mode) {
  Options options;
  options.mode = mode;
  bool only_recipients = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& one = arguments[i];
    if (only_recipients || one.size() < 2 || one.front() != '-') {
      options.recipients.push_back(one);
    } else if (one == "--") {
      only_recipients = true;
    } else if (one == "--help" || one == "--version") {
      options.mode = one == "--help" ? Mode::help : Mode::version;
      return options;
    } else if (one.starts_with("--")) {
      return bad(fmt::format("there is no option {}", base::printable(one, 40)));
    } else {
      const std::string* next = i + 1 < arguments.size() ? &arguments[i + 1] : nullptr;
      auto took_next = take_letters(options, std::string_view(one).substr(1), next);
      if (!took_next) return std::unexpected(std::move(took_next.error()));
      if (*took_next) ++i;
    }
  }
  return options;
}

}  // namespace sendmail
