// tools/bench/place.h: the machine's side of a run.
//
// What:    HOST:PORT → Endpoint, names looked up once by the system; descriptors; standard input.
// In/Out:  texts of the command line → values.
// Errors:  invalid, not_found with words for whoever typed it.
// Limits:  the first address that the system gives.
// Not here: look-ups of a server (lib/dns).
#pragma once

#include <string_view>

#include "lib/base/result.h"
#include "lib/io/address.h"

namespace bench {

[[nodiscard]] base::Result<io::Endpoint> find_place(std::string_view text);
[[nodiscard]] base::Result<io::IpAddress> parse_ip(std::string_view text);
// Nobody will write into our standard input any more; reads off what has come. Never waits.
[[nodiscard]] bool input_has_ended();
// Lifts the limit of open descriptors to what is allowed; `limit` when that is less than wanted.
[[nodiscard]] base::Result<> want_descriptors(std::size_t count);

}  // namespace bench
