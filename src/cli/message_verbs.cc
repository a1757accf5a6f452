// See cli.h. explain and send.
#include <fmt/format.h>

#include <cstdio>

#include "cli/connection.h"
#include "cli/input.h"
#include "lib/http/message.h"

namespace cli {
namespace {

constexpr std::size_t message_bytes_max = 50'000'000;  // before our own limit is asked

int send(const Place& place, const std::string& from, const std::vector<std::string>& to) {
  auto message = read_all(message_bytes_max);
  if (!message) return complain(message.error().detail);
  boost::json::array recipients;
  for (const std::string& recipient : to) recipients.emplace_back(recipient);
  auto answer = ask_json(place, "POST", "/api/v1/send",
                         {{"from", from}, {"to", recipients}, {"message", *message}});
  if (!answer) return complain(answer.error().detail);
  const std::string id(answer->at("id").as_string());
  std::printf("%s is safe on disk. `stagepost explain %s` tells what becomes of it\n", id.c_str(),
              id.c_str());
  return 0;
}

}  // namespace

void add_message_verbs(Verbs verbs) {
  auto what = std::make_shared<std::string>();
  Verb explain = verbs.app.add_subcommand(
      "explain",
      "What happened to a message, from connection to delivery.\n"
      "  stagepost explain 01hzy3k7q9d2m       a message id, as in the 250 reply and the log\n"
      "  stagepost explain you@example.org     the latest messages from or to an address");
  explain.add_option("ID|ADDRESS", *what).required();
  explain.callback([verbs, what] {
    auto text = ask(verbs.place, "GET", "/api/v1/explain?what=" + http::percent_encode(*what), "");
    if (!text) {
      verbs.status = complain(text.error().detail);
    } else {
      std::printf("%s", text->c_str());
    }
  });

  auto from = std::make_shared<std::string>();
  auto to = std::make_shared<std::vector<std::string>>();
  Verb mail = verbs.app.add_subcommand(
      "send",
      "Send the message on standard input.\n"
      "  printf 'Subject: hello\\n\\nIt works.\\n' | stagepost send --from me@example.org "
      "you@example.net");
  mail.add_option("--from", *from, "The sender; empty for the null sender").required();
  mail.add_option("RECIPIENT", *to).required();
  mail.callback([verbs, from, to] { verbs.status = send(verbs.place, *from, *to); });
}

}  // namespace cli
