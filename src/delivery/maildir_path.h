// delivery/maildir_path.h: where a mailbox and a message in it lie: never outside the mail folder.
//
// What:    DIR/DOMAIN/LOCAL and the file name, with everything that could be a path or hidden
//          encoded.
// In/Out:  mailbox address, message, recipient → text.
// Errors:  nullopt for a part that is longer than a file name may be.
// Limits:  name_bytes_max.
// Not here: writing (maildir.h).
//
// The file name is made of the time of accept, the queue id and the recipient, and of nothing that
// differs between two attempts: a second delivery after a crash replaces the first (invariant 2).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/message/address.h"
#include "queue/message.h"

namespace delivery {

inline constexpr std::size_t name_bytes_max = 255;  // of one part of a path, on Linux

// '/', '%', control octets and a dot in front become %XX; nothing stays empty.
[[nodiscard]] std::string encode_part(std::string_view part);
[[nodiscard]] std::optional<std::string> maildir_path(const std::string& mail_folder,
                                                      const message::Address& mailbox);
// "1795442400.01j2x3y4z5a6br0.mx.demo.test"
[[nodiscard]] std::string maildir_name(const queue::MessageInfo& message, std::size_t recipient,
                                       std::string_view hostname);

}  // namespace delivery
