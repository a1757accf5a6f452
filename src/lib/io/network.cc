// See network.h.
#include "lib/io/network.h"

#include <array>

namespace io {

Task<base::Result<>> Stream::write(std::string_view bytes) {
  const std::array<std::string_view, 1> pieces{bytes};
  co_return co_await write(std::span<const std::string_view>(pieces));
}

}  // namespace io
