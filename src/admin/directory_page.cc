// See directory_page.h.
#include "admin/directory_page.h"

#include "admin/query.h"

namespace admin {

base::Result<directory::Page> read_page(const http::Request& request) {
  directory::Page page;
  auto after = read_text(request, "after");
  if (!after) return std::unexpected(after.error());
  page.after = std::move(*after);
  auto part = read_text(request, "q");
  if (!part) return std::unexpected(part.error());
  page.part = std::move(*part);
  const auto limit = read_count(request, "limit", 0, directory_rows_max);
  if (!limit) return std::unexpected(limit.error());
  if (*limit > 0) page.rows_max = *limit + 1;
  return page;
}

}  // namespace admin
