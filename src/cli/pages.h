// cli/pages.h: the pages of docs/, embedded in the program.
//
// What:    every docs/NAME.md under its name; cmake/pages.cmake writes the source file.
// In/Out:  pages() → topic and Markdown text, sorted by topic.
// Errors:  none.
// Limits:  none.
// Not here: how they look on a terminal (page_text.h).
#pragma once

#include <span>
#include <string_view>

namespace cli {

struct Page {
  std::string_view topic;  // "first-server"
  std::string_view text;   // Markdown
};

[[nodiscard]] std::span<const Page> pages();

}  // namespace cli
