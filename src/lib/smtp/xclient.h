// lib/smtp/xclient.h: the XCLIENT command's attributes (Postfix's XCLIENT_README).
//
// What:    what a proxy that speaks SMTP itself says about the client that it speaks for.
// In/Out:  "ADDR=192.0.2.1 NAME=[UNAVAILABLE]" → Xclient; what is not given stays as it is.
// Errors:  std::unexpected<Reply>: 501 for bad syntax and for attributes that were not offered.
// Limits:  the line was limited by CommandReader; names at their protocol limits.
// Not here: who may say it and what it changes (session/xclient.cc), IP addresses (lib/io).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/smtp/reply.h"

namespace smtp {

struct Xclient {
  // Decoded; "" where the proxy says [UNAVAILABLE] or [TEMPUNAVAIL], nullopt: not given.
  std::optional<std::string> name;
  std::optional<std::string> address;  // without "IPV6:"
  std::optional<std::uint16_t> port;
  std::optional<bool> esmtp;  // PROTO
  std::optional<std::string> helo;
  std::optional<std::string> login;
  std::optional<std::string> destination_address;
  std::optional<std::uint16_t> destination_port;
};

// `offered`: the attributes that EHLO named, in upper case.
[[nodiscard]] std::expected<Xclient, Reply> parse_xclient(std::string_view argument,
                                                          const std::vector<std::string>& offered);

}  // namespace smtp
