// See sender_host.h.
#include "tools/simulate/wire/sender_host.h"

#include <fmt/format.h>

namespace simulate::wire {
namespace {

// RFC 3464 §2.3.3.
Told what(std::string_view report) {
  if (report.contains("\r\nAction: failed\r\n")) return Told::failed;
  if (report.contains("\r\nAction: delayed\r\n")) return Told::delayed;
  return Told::other;
}

}  // namespace

Word SenderHost::mail(std::string_view sender) {
  number_.reset();
  report_.clear();
  octets_ = 0;
  // RFC 3464 §2: so that a report is never reported about.
  if (!sender.empty()) parcels_.strange(fmt::format("a report came from {}", sender));
  return {.text = "250 2.1.0 ok\r\n"};
}

Word SenderHost::rcpt(std::string_view recipient) {
  number_ = number_in(recipient, 'm');
  if (number_) return {.text = "250 2.1.5 ok\r\n"};
  parcels_.strange(fmt::format("a report went to {}", recipient));
  return {.text = "550 5.1.1 no such sender\r\n"};
}

Word SenderHost::data() {
  if (number_) return {.text = "354 go\r\n"};
  return {.text = "503 5.5.1 RCPT comes first\r\n"};
}

void SenderHost::text(std::string_view octets) {
  octets_ += octets.size();
  report_ += octets.substr(0, report_bytes_max - std::min(report_bytes_max, report_.size()));
}

Word SenderHost::end() {
  parcels_.told(*number_, what(report_), octets_);
  number_.reset();
  return {.text = "250 2.0.0 taken\r\n"};
}

}  // namespace simulate::wire
