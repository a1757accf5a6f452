// See maildir_path.h.
#include "delivery/maildir_path.h"

#include <fmt/format.h>

#include <chrono>

namespace delivery {

std::string encode_part(std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const auto octet = static_cast<unsigned char>(part[i]);
    const bool odd = octet < 0x20 || octet == 0x7f || octet == '/' || octet == '%';
    if (odd || (octet == '.' && i == 0)) {
      out += fmt::format("%{:02X}", octet);
    } else {
      out += part[i];
    }
  }
  return out.empty() ? "%" : out;
}

std::optional<std::string> maildir_path(const std::string& mail_folder,
                                        const message::Address& mailbox) {
  const std::string domain = encode_part(message::domain_key(mailbox.domain));
  const std::string local = encode_part(message::local_key(mailbox.local));
  if (domain.size() > name_bytes_max || local.size() > name_bytes_max) return std::nullopt;
  return fmt::format("{}/{}/{}", mail_folder, domain, local);
}

std::string maildir_name(const queue::MessageInfo& message, std::size_t recipient,
                         std::string_view hostname) {
  const auto seconds =
      std::chrono::floor<std::chrono::seconds>(message.accepted.time_since_epoch()).count();
  // ':' separates the flags of a Maildir name.
  std::string host = encode_part(hostname.substr(0, 128));
  std::ranges::replace(host, ':', '_');
  return fmt::format("{}.{}r{}.{}", seconds, message.id.text(), recipient, host);
}

}  // namespace delivery
