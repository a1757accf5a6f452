// See cli.h. lists: the block lists and allow-lists, and which of them are asked.
#include <fmt/format.h>

#include <cstdio>

#include "cli/answer.h"

namespace cli {
namespace {

struct Words {
  bool test = false;
  bool json = false;
};

std::string line_of(const boost::json::object& row) {
  std::string line = fmt::format("{:<28} {:<5} weight {:<4} {:<7} {}", field_of(row, "zone"),
                                 field_of(row, "kind"), field_of(row, "weight"),
                                 field_of(row, "points"), field_of(row, "state"));
  const std::string why = field_of(row, "why");
  if (!why.empty()) line += fmt::format(" since {}: {}", field_of(row, "since"), why);
  const std::string tested = field_of(row, "tested");
  if (why.empty() && !tested.empty()) line += ", tested " + tested;
  return line;
}

int show(const Place& place, const Words& words) {
  const Question question{.method = "GET",
                          .target = words.test ? "/api/v1/lists?test=1" : "/api/v1/lists"};
  if (words.json) return show_list(place, question, "lists", true, line_of);
  return do_and_show(place, question, [](const boost::json::object& answer) {
    const auto& lists = list_of(answer, "lists");
    for (const auto& entry : lists) std::printf("%s\n", line_of(entry.as_object()).c_str());
    if (lists.empty()) {
      std::printf("no list is asked; add one as [[list]] to the configuration\n");
    }
  });
}

}  // namespace

void add_lists_verb(Verbs verbs) {
  Verb lists = verbs.app.add_subcommand(
      "lists",
      "Block lists and allow-lists of the DNS, and whether they pass their test: a good one lists\n"
      "its test entry and nothing that must not be listed. One that is faulty is not asked and\n"
      "weighs nothing; \"none\" is a list without IPv6 addresses.\n"
      "  stagepost lists\n"
      "  stagepost lists --test           test all of them now");
  auto words = std::make_shared<Words>();
  lists.add_flag("--test", words->test, "Test all of them now");
  lists.add_flag("--json", words->json, "As JSON");
  lists.callback([verbs, words] { verbs.status = show(verbs.place, *words); });
}

}  // namespace cli
