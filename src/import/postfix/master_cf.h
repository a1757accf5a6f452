// import/postfix/master_cf.h: master.cf: who listens where, and with which settings of its own.
//
// What:    reads services with their command and their `-o name=value`.
// In/Out:  text of the file → MasterCf.
// Errors:  lines with too few words are kept in `broken`.
// Limits:  the caller's.
// Not here: what a service is for us (take_listeners.cc).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postfix {

struct Override {
  std::string name;
  std::string raw;
  int line = 0;
};

struct Service {
  std::string name;     // "smtp", "587", "127.0.0.1:10025", "dovecot"
  std::string type;     // inet, unix, pass, fifo
  std::string command;  // "smtpd"
  int line = 0;
  std::vector<Override> overrides;
  std::vector<std::string> arguments;  // other than -o

  [[nodiscard]] const Override* find(std::string_view parameter) const;
  [[nodiscard]] std::string label() const { return name + " " + type; }
};

struct BrokenLine {
  std::string text;
  int line = 0;
};

struct MasterCf {
  std::vector<Service> services;
  std::vector<BrokenLine> broken;

  [[nodiscard]] static MasterCf read(std::string_view text);
};

// A port by its number or the name that /etc/services has for mail.
[[nodiscard]] std::optional<std::uint16_t> mail_port(std::string_view text);

}  // namespace postfix
