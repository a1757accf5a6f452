// admin/client_config.h: what mail programs ask a domain for, so that nobody types host and port.
//
// What:    Mozilla's autoconfig, Microsoft's autodiscover (v1 XML, v2 JSON), Apple's profile, and a
//          page for people.
// In/Out:  ClientPlaces and an address → text. Every text is escaped for its language; no text
//          depends on whether the address exists.
// Errors:  requested_address is nullopt for what is no autodiscover request.
// Limits:  request_bytes_max of a request; addresses are parsed before they get here.
// Not here: paths and status codes (client_routes.cc), SRV records (admin/records/wanted.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "admin/settings.h"
#include "config/config.h"
#include "lib/message/address.h"

namespace admin {

inline constexpr std::size_t autodiscover_request_bytes_max = 64 * 1024;

// [clients] completed: an empty host is ours; a port that no listener of ours has is not offered.
[[nodiscard]] ClientPlaces offered_places(const config::Config& config);

// As Thunderbird and others read it; they fill in the address themselves.
[[nodiscard]] std::string autoconfig_xml(const ClientPlaces& places, std::string_view domain);

// The address in a POST to autodiscover.xml.
[[nodiscard]] std::optional<message::Address> requested_address(std::string_view body);
[[nodiscard]] std::string autodiscover_xml(const ClientPlaces& places,
                                           const message::Address& address);
// The answer for what is not ours or not understood.
[[nodiscard]] std::string autodiscover_error_xml();

// Unsigned; the same address gets the same identifiers, so a second one replaces the first.
[[nodiscard]] std::string apple_profile(const ClientPlaces& places,
                                        const message::Address& address);

// For typing by hand. `domain` is one of ours, or empty.
[[nodiscard]] std::string setup_page(const ClientPlaces& places, std::string_view domain);

// & < > " ' as entities; control characters, which XML 1.0 cannot carry, are left out.
[[nodiscard]] std::string escape_xml(std::string_view text);

}  // namespace admin
