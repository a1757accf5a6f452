// admin/directory_page.h: lists of mailboxes and aliases, a page at a time.
//
// What:    ?limit=, ?after= and ?q= of a request → a page of the directory, and what comes next.
// In/Out:  http::Request → Page; rows → {"users": [...], "next": "an@example.org", "total": 17}.
// Errors:  invalid, naming the parameter.
// Limits:  rows_max rows of a page; without ?limit= all rows come at once, as programs have it.
// Not here: reading the rows (directory/store.h), a row as JSON (user_json.h).
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "directory/store.h"
#include "lib/base/result.h"
#include "lib/http/message.h"

namespace admin {

inline constexpr std::size_t directory_rows_max = 1'000;

// One row more than asked for, so that it is seen whether there are more.
[[nodiscard]] base::Result<directory::Page> read_page(const http::Request& request);

template <class Row, class ToJson>
[[nodiscard]] boost::json::object page_json(std::string_view name, std::vector<Row> rows,
                                            const directory::Page& page, std::size_t total,
                                            ToJson to_json) {
  const bool more = page.rows_max > 0 && rows.size() == page.rows_max;
  if (more) rows.pop_back();
  boost::json::array out;
  for (const Row& row : rows) out.push_back(to_json(row));
  boost::json::object answer{{name, std::move(out)}, {"total", total}, {"next", nullptr}};
  if (more && !rows.empty()) answer["next"] = rows.back().address;
  return answer;
}

}  // namespace admin
