// See cli.h. help: the pages of docs/ on the terminal.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "cli/cli.h"
#include "cli/page_text.h"
#include "cli/pages.h"
#include "config/suggest.h"

namespace cli {
namespace {

std::size_t longest_topic() {
  std::size_t out = 0;
  for (const Page& page : pages()) out = std::max(out, page.topic.size());
  return out;
}

int list_topics() {
  std::string out = "Topics of `stagepost help TOPIC`:\n\n";
  for (const Page& page : pages()) {
    out += fmt::format("  {:<{}}  {}\n", page.topic, longest_topic(), page_title(page.text));
  }
  out += "\n`stagepost VERB --help` explains a verb; `stagepost --help` lists them.\n";
  std::printf("%s", out.c_str());
  return 0;
}

int show(const std::string& asked, const VerbText& program) {
  const std::string topic = asked.ends_with(".md") ? asked.substr(0, asked.size() - 3) : asked;
  const auto all = pages();
  const auto page = std::ranges::find(all, topic, &Page::topic);
  if (page != all.end()) {
    std::printf("%s", page_text(page->text).c_str());
    return 0;
  }
  if (std::ranges::find(program.verbs, topic, &VerbText::name) != program.verbs.end()) {
    return complain(
        fmt::format("{0} is a verb; `stagepost {0} --help` explains it, `stagepost "
                    "help` lists the topics",
                    topic));
  }
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const Page& one : all) names.emplace_back(one.topic);
  const std::string near = config::nearest(topic, names);
  return complain(fmt::format("there is no topic {}; {}`stagepost help` lists them", topic,
                              near.empty() ? "" : fmt::format("did you mean {}? ", near)));
}

}  // namespace

void add_help_verb(Verbs verbs) {
  auto topic = std::make_shared<std::string>();
  Verb help = verbs.app.add_subcommand("help",
                                       "Guides and references, as in docs/.\n"
                                       "  stagepost help                  lists the topics\n"
                                       "  stagepost help senders | less   one of them");
  help.add_option("TOPIC", *topic, "One of the list; without it the list");
  help.callback([verbs, topic] {
    verbs.status = topic->empty() ? list_topics() : show(*topic, verbs.app.describe());
  });
}

}  // namespace cli
