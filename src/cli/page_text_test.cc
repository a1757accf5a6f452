// Tests of page_text.h, and of every page of docs/ that is embedded.
#include "cli/page_text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cli/pages.h"
#include "lib/base/text.h"

namespace cli {
namespace {

TEST(PageText, WhatOurPagesUse) {
  EXPECT_EQ(
      page_text("# Title\n\nSome **bold** words\nand `code`.\n\n    stagepost check\n\n## More\n\n"
                "- one, which\n  goes on\n- two\n\n| a | b | c |\n|---|---|---|\n| x | y | |\n"
                "| `p\\|q` | r | s |\n"),
      "Title\n=====\n\nSome bold words and `code`.\n\n    stagepost check\n\nMore\n----\n\n"
      "- one, which goes on\n- two\n\n  x\n      b: y\n  `p|q`\n      b: r\n      c: s\n");
}

TEST(PageText, Links) {
  EXPECT_EQ(
      page_text("[settings.md](settings.md) and [the doctor](doctor.md#mx), [x](https://x.test)"),
      "`stagepost help settings` and the doctor (`stagepost help doctor`), x\n(https://x.test)\n");
  EXPECT_EQ(page_text("a [b] c](d"), "a [b] c](d\n");
  EXPECT_EQ(page_text("`[a](b.md)`"), "`[a](b.md)`\n");
}

TEST(PageText, FencesStayAsTheyAre) {
  EXPECT_EQ(page_text("a\n```\n**x** [y](z.md)\n\n# no heading\n```\nb"),
            "a\n\n    **x** [y](z.md)\n    \n    # no heading\n\nb\n");
}

// Links of every page lead to a topic, and nothing of the marks is left.
TEST(PageText, EveryPage) {
  ASSERT_GT(pages().size(), 20U);
  for (const Page& page : pages()) {
    EXPECT_FALSE(page_title(page.text).empty()) << page.topic << " has no title";
    const std::string text = page_text(page.text);
    EXPECT_GT(text.size(), 200U) << page.topic;
    EXPECT_EQ(text.find("]("), std::string::npos)
        << page.topic << ": " << text.substr(text.find("]("), 80);
    constexpr std::string_view link = "stagepost help ";
    for (std::size_t at = text.find(link); at != std::string::npos; at = text.find(link, at + 1)) {
      const std::string_view rest = std::string_view(text).substr(at + link.size());
      const std::string_view topic = rest.substr(0, rest.find_first_of("`\n |"));
      if (topic == "TOPIC" || topic.empty()) continue;
      EXPECT_NE(std::ranges::find(pages(), topic, &Page::topic), pages().end())
          << page.topic << " leads to " << topic;
    }
  }
}

}  // namespace
}  // namespace cli
