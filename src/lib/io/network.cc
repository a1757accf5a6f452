// See network.h.
#include "lib/io/network.h"

#include <array>

namespace io {

Task<base::Result<>> Stream::write(std::string_view bytes) {
  const std::array<std::string_view, 1> pieces{bytes};
  co_return co_await write(std::span<const std::string_view>(pieces));
}

Task<base::Result<>> Stream::finish(std::string_view last_words) {
  if (!last_words.empty()) {
    if (auto sent = co_await write(last_words); !sent) co_return sent;
  }
  co_return co_await shutdown();
}

}  // namespace io
