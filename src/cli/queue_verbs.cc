// See cli.h. queue: list, show, retry, hold, release, bounce, remove.
#include <fmt/format.h>

#include <cstdio>

#include "cli/connection.h"
#include "lib/base/size.h"
#include "lib/http/message.h"

namespace cli {
namespace {

constexpr std::uint32_t page_default = 100;

struct Selection {
  std::string id;
  std::string sender;
  std::string recipient;
  std::string destination;
  bool all = false;
  bool dry_run = false;
  bool json = false;
  bool scheduled = false;
  bool by_destination = false;
  std::uint32_t limit = page_default;
  std::string after;
  std::string reason;
};

std::string field(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr) return {};
  return value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
}

std::string joined(const boost::json::object& object, std::string_view name) {
  std::string out;
  if (const auto* list = object.if_contains({name.data(), name.size()});
      list != nullptr && list->is_array()) {
    for (const auto& entry : list->get_array()) {
      if (!out.empty()) out += ", ";
      out += std::string(entry.as_string());
    }
  }
  return out;
}

void print_message(const boost::json::object& message) {
  const std::string sender = field(message, "sender");
  std::printf("%s  %8s  %s  <%s>\n", field(message, "id").c_str(),
              base::format_size(message.at("bytes").to_number<std::uint64_t>()).c_str(),
              field(message, "accepted").c_str(), sender.c_str());
  std::printf("    to %s\n", joined(message, "recipients").c_str());
  if (message.at("hold").as_bool()) {
    std::printf("    held: %s\n", field(message, "hold_reason").c_str());
  } else if (message.at("active").as_bool()) {
    std::printf("    being delivered now\n");
  } else if (message.at("scheduled").as_bool()) {
    std::printf("    scheduled for %s\n", field(message, "next_attempt").c_str());
  } else {
    std::printf("    next attempt %s (%s so far)\n", field(message, "next_attempt").c_str(),
                field(message, "attempts").c_str());
  }
  if (const std::string by = field(message, "deliver_by"); !by.empty()) {
    std::printf("    to be delivered by %s, else %s\n", by.c_str(),
                field(message, "at_deadline") == "return" ? "it comes back" : "its sender is told");
  }
  const std::string priority = field(message, "priority");
  if (!priority.empty() && priority != "0") {
    std::printf("    priority %s\n", priority.c_str());
  }
  if (const std::string reply = field(message, "last_reply"); !reply.empty()) {
    std::printf("    %s\n", reply.c_str());
  }
}

std::string target_of(const Selection& selection) {
  std::string target = "/api/v1/queue?";
  const auto add = [&target](std::string_view key, const std::string& value) {
    if (!value.empty()) target += fmt::format("{}={}&", key, http::percent_encode(value));
  };
  add("id", selection.id);
  add("sender", selection.sender);
  add("recipient", selection.recipient);
  add("destination", selection.destination);
  if (selection.scheduled) add("scheduled", "true");
  add("after", selection.after);
  add("limit", std::to_string(selection.limit));
  target.pop_back();
  return target;
}

void print_count(const boost::json::object& answer) {
  const auto& messages = answer.at("messages").as_array();
  std::uint64_t total = messages.size();
  if (const auto* all = answer.if_contains("total")) total = all->to_number<std::uint64_t>();
  if (messages.size() == total && !answer.at("more").as_bool()) {
    std::printf("%zu message%s in the queue\n", messages.size(), messages.size() == 1 ? "" : "s");
    return;
  }
  std::printf("%zu%s messages shown", messages.size(),
              answer.contains("total") ? fmt::format(" of {}", total).c_str() : "");
  if (answer.at("more").as_bool()) {
    std::printf("; the next ones: --after %s", field(messages.back().as_object(), "id").c_str());
  }
  std::printf("\n");
}

int list(const Place& place, const Selection& selection) {
  auto answer = ask_json(place, "GET", target_of(selection));
  if (!answer) return complain(answer.error().detail);
  if (selection.json) {
    std::printf("%s\n", boost::json::serialize(*answer).c_str());
    return 0;
  }
  const auto& messages = answer->at("messages").as_array();
  for (const auto& message : messages) print_message(message.as_object());
  print_count(*answer);
  return 0;
}

void print_destination(const boost::json::object& line) {
  std::printf("%8s  %s\n", field(line, "messages").c_str(), field(line, "destination").c_str());
  std::string state = "oldest " + field(line, "accepted");
  if (line.at("next_attempt").is_string()) state += ", next attempt " + field(line, "next_attempt");
  const auto add = [&](std::string_view name, std::string_view text) {
    if (line.at(name).to_number<std::uint64_t>() > 0) {
      state += fmt::format(", {} {}", field(line, name), text);
    }
  };
  add("active", "being delivered now");
  add("held", "held");
  add("failures", "failures in a row");
  std::printf("          %s\n", state.c_str());
  if (const std::string reply = field(line, "last_reply"); !reply.empty()) {
    std::printf("          %s\n", reply.c_str());
  }
}

int list_destinations(const Place& place, const Selection& selection) {
  auto answer =
      ask_json(place, "GET", fmt::format("/api/v1/queue/destinations?limit={}", selection.limit));
  if (!answer) return complain(answer.error().detail);
  if (selection.json) {
    std::printf("%s\n", boost::json::serialize(*answer).c_str());
    return 0;
  }
  const auto& lines = answer->at("destinations").as_array();
  for (const auto& line : lines) print_destination(line.as_object());
  const auto total = answer->at("total").to_number<std::uint64_t>();
  if (lines.size() < total) {
    std::printf("%zu of %s destinations; --limit N shows more\n", lines.size(),
                std::to_string(total).c_str());
  } else {
    std::printf("%zu destination%s\n", lines.size(), lines.size() == 1 ? "" : "s");
  }
  return 0;
}

int operate(const Place& place, const std::string& verb, const Selection& selection) {
  boost::json::object body;
  if (!selection.id.empty()) body["id"] = selection.id;
  if (!selection.sender.empty()) body["sender"] = selection.sender;
  if (!selection.recipient.empty()) body["recipient"] = selection.recipient;
  if (!selection.destination.empty()) body["destination"] = selection.destination;
  if (!selection.reason.empty()) body["reason"] = selection.reason;
  body["all"] = selection.all;
  body["dry_run"] = selection.dry_run;
  auto answer = ask_json(place, "POST", "/api/v1/queue/" + verb, body);
  if (!answer) return complain(answer.error().detail);
  std::printf("%s: %s message(s)%s\n", verb.c_str(), field(*answer, "count").c_str(),
              selection.dry_run ? " would be changed" : "");
  return 0;
}

void add_selection(Verb verb, const std::shared_ptr<Selection>& selection) {
  verb.add_option("ID", selection->id, "One message");
  verb.add_option("--sender", selection->sender, "All from this sender; * stands for any text");
  verb.add_option("--recipient", selection->recipient,
                  "All to this recipient, such as \"*@example.org\"");
  verb.add_option("--destination", selection->destination,
                  "All for this destination, such as mx:example.org");
}

}  // namespace

void add_queue_verbs(Verbs verbs) {
  Verb queue = verbs.app.add_subcommand(
      "queue",
      "The messages that wait.\n"
      "  stagepost queue list\n"
      "  stagepost queue list --by-destination\n"
      "  stagepost queue retry --destination mx:example.org\n"
      "  stagepost queue bounce --recipient \"*@example.org\" --dry-run\n"
      "  stagepost queue hold --sender thief@example.org --reason \"stolen password\"");
  queue.require_subcommand();
  auto selection = std::make_shared<Selection>();
  Verb all = queue.add_subcommand("list", "Show what waits, and why");
  add_selection(all, selection);
  all.add_flag("--by-destination", selection->by_destination,
               "What waits for each destination, in sum, the most first");
  all.add_option("--limit", selection->limit, "So many at most")
      .capture_default_str()
      .range(1, 100'000);
  all.add_option("--after", selection->after, "Those younger than this ID: the next page");
  all.add_flag("--scheduled", selection->scheduled, "Only what its sender wants to go later");
  all.add_flag("--json", selection->json, "As JSON");
  all.callback([verbs, selection] {
    verbs.status = selection->by_destination ? list_destinations(verbs.place, *selection)
                                             : list(verbs.place, *selection);
  });
  Verb show = queue.add_subcommand("show", "Show one message");
  show.add_option("ID", selection->id).required();
  show.add_flag("--json", selection->json, "As JSON");
  show.callback([verbs, selection] { verbs.status = list(verbs.place, *selection); });

  const std::array<std::pair<const char*, const char*>, 5> operations = {
      {{"retry", "Try to deliver now"},
       {"hold", "Keep, and do not deliver until released"},
       {"release", "End a hold; send now what is scheduled"},
       {"bounce", "Give up and tell the sender"},
       {"remove", "Delete without telling anybody; journaled with its reason"}}};
  for (const auto& [name, text] : operations) {
    Verb verb = queue.add_subcommand(name, text);
    add_selection(verb, selection);
    verb.add_flag("--all", selection->all, "Every message");
    verb.add_flag("--dry-run", selection->dry_run, "Only say how many it would be");
    verb.add_option("--reason", selection->reason, "Kept in the journal and the trace");
    verb.callback([verbs, selection, operation = std::string(name)] {
      verbs.status = operate(verbs.place, operation, *selection);
    });
  }
}

}  // namespace cli
