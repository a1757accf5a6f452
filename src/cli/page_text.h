// cli/page_text.h: a page of docs/ as plain text for a terminal.
//
// What:    the Markdown that our pages use: headings, paragraphs, lists, tables, indented and
//          fenced blocks, links, **bold**, `code`; lines are wrapped, blocks stay as they are.
// In/Out:  Markdown → text; a link to another page becomes "text (stagepost help NAME)".
// Errors:  none: what is not known stays as it is written.
// Limits:  none.
// Not here: the pages (pages.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cli {

inline constexpr std::size_t page_columns = 80;

[[nodiscard]] std::string page_text(std::string_view markdown);
// The first heading without its mark; empty: there is none.
[[nodiscard]] std::string_view page_title(std::string_view markdown);

}  // namespace cli
