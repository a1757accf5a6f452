// directory/names.h: addresses and logins as keys.
//
// What:    canonical forms: lower case, domains as A-labels, catch-alls as "@domain".
// In/Out:  what people type → the key that is stored and looked up.
// Errors:  invalid, in words that say how it must look.
// Limits:  those of lib/message/address.h; login_name_bytes_max.
// Not here: whether it exists (store.h, snapshot.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/message/address.h"

namespace directory {

inline constexpr std::size_t login_name_bytes_max = 64;

// "Demo.Test." → "demo.test"
[[nodiscard]] base::Result<std::string> domain_name(std::string_view text);
// "You@Demo.Test" → "you@demo.test"
[[nodiscard]] base::Result<std::string> address_name(std::string_view text);
// An address, or "@demo.test".
[[nodiscard]] base::Result<std::string> alias_name(std::string_view text);
// "You@Demo.Test/Phone" → "you@demo.test/phone"; also without the name.
[[nodiscard]] base::Result<std::string> login_name(std::string_view text);

// The key of an address that was parsed already.
[[nodiscard]] std::string key_of(const message::Address& address);
// "you@demo.test/phone" → "you@demo.test", whose log-in it is.
[[nodiscard]] std::string account_of(std::string_view login);
// "you+lists@demo.test" → "you@demo.test"; empty when there is no detail.
[[nodiscard]] std::string without_detail(std::string_view key);
[[nodiscard]] std::string_view local_of(std::string_view key);
[[nodiscard]] std::string_view domain_of(std::string_view key);
// postmaster or abuse, which every domain has.
[[nodiscard]] bool is_role_name(std::string_view local_key);

}  // namespace directory
