// See input.h.
#include "cli/input.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>

#include "lib/message/utf8.h"

namespace cli {
namespace {

constexpr std::size_t line_bytes_max = 4096;

constexpr std::array<int, 4> ends = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
termios shown = {};  // the terminal as it was; for show_again, which can be given nothing

// ^C while the password is typed: tcsetattr and raise may be called in a handler (POSIX.1 2.4.3).
extern "C" void show_again(int signal) {
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
  ::raise(signal);  // SA_RESETHAND: it ends us now
}

// The terminal without echo, for as long as it lives, and no longer than the program.
class Hidden {
 public:
  Hidden() : on_(::tcgetattr(STDIN_FILENO, &shown) == 0) {
    if (!on_) return;
    struct sigaction action = {};
    action.sa_handler = show_again;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (std::size_t i = 0; i < ends.size(); ++i) ::sigaction(ends[i], &action, &before_[i]);
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;
  ~Hidden() {
    if (!on_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    for (std::size_t i = 0; i < ends.size(); ++i) ::sigaction(ends[i], &before_[i], nullptr);
  }

 private:
  std::array<struct sigaction, ends.size()> before_ = {};
  bool on_;
};

std::string ask_hidden(const std::string& question) {
  const Hidden hidden;
  std::fprintf(stderr, "%s", question.c_str());
  std::string line = read_line();
  std::fprintf(stderr, "\n");
  return line;
}

std::unexpected<base::Error> fail_not_utf8() {
  return base::fail(base::ErrorKind::invalid,
                    "the password is not UTF-8; write it in UTF-8, as mail programs send it");
}

}  // namespace

base::Result<std::string> read_password() {
  std::string password = read_line();
  if (!message::is_utf8(password)) return fail_not_utf8();
  return password;
}

base::Result<std::string> ask_password(const std::string& whose) {
  if (::isatty(STDIN_FILENO) == 0) {
    return base::fail(base::ErrorKind::invalid,
                      "there is no terminal to ask on: say --generate to have a password made, or "
                      "--password-stdin and write it to standard input");
  }
  std::string password = ask_hidden("New password of " + whose + ": ");
  if (password.empty()) return base::fail(base::ErrorKind::invalid, "the password is empty");
  if (!message::is_utf8(password)) return fail_not_utf8();
  if (password == ask_hidden("Once more: ")) return password;
  return base::fail(base::ErrorKind::invalid, "the two passwords differ; nothing was changed");
}

bool confirm(const std::string& question) {
  if (::isatty(STDIN_FILENO) == 0) return false;
  std::printf("%s [no]: ", question.c_str());
  std::fflush(stdout);
  const std::string answer = read_line();
  return answer == "y" || answer == "yes";
}

std::string read_line() {
  std::string line;
  for (int c = std::getchar(); c != EOF && c != '\n' && line.size() < line_bytes_max;
       c = std::getchar()) {
    line += static_cast<char>(c);
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

bool read_long_line(std::string& line, std::size_t bytes_max) {
  line.clear();
  std::array<char, 65536> buffer = {};
  while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), stdin) != nullptr) {
    const std::string_view part(buffer.data());
    if (line.size() < bytes_max) line += part;
    if (!part.ends_with('\n')) continue;
    if (line.ends_with('\n')) line.pop_back();
    return true;
  }
  return !line.empty();
}

base::Result<std::string> read_all(std::size_t bytes_max) {
  std::string text;
  std::array<char, 65536> buffer = {};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), stdin)) > 0;) {
    text.append(buffer.data(), got);
    if (text.size() > bytes_max) {
      return base::fail(base::ErrorKind::limit,
                        fmt::format("the message is larger than {} octets", bytes_max));
    }
  }
  return text;
}

}  // namespace cli
