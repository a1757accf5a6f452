// See cli.h. doctor: looks at everything that must be well for mail to flow.

#include <cstdio>

#include "cli/answer.h"
#include "cli/doctor_text.h"
#include "lib/http/message.h"

namespace cli {
namespace {

constexpr int status_mend = 1;
constexpr int status_not_run = 2;

// It takes its time when name servers are silent (doctor::Doctor::run_time_max, twice).
constexpr base::Duration examination_time_max = std::chrono::minutes(9);

struct Words {
  std::string domain;
  bool json = false;
  bool all = false;
};

int examine(const Place& place, const Words& words) {
  std::string target = "/api/v1/doctor";
  if (!words.domain.empty()) target += "?domain=" + http::percent_encode(words.domain);
  const auto answer = ask_json(place, "GET", target, {}, examination_time_max);
  if (!answer) {
    complain(answer.error().detail);
    return status_not_run;
  }
  if (words.json) {
    std::printf("%s\n", boost::json::serialize(*answer).c_str());
  } else {
    std::printf("%s", doctor_text(*answer, words.all).c_str());
  }
  return is_true(*answer, "well") ? 0 : status_mend;
}

}  // namespace

void add_doctor_verb(Verbs verbs) {
  Verb verb = verbs.app.add_subcommand(
      "doctor",
      "Look at everything that must be well for mail to flow: what each name server publishes,\n"
      "names, certificate, ports, block lists, keys, disk, queue. Each finding says what is "
      "wrong,\n"
      "why it matters, and what to paste to mend it; what has changed since yesterday comes last.\n"
      "What cannot be seen from here is `unknown`, never wrong. The server does the same every\n"
      "hour. Exit code: 0 nothing to mend, 1 something to mend, 2 it could not look.\n"
      "  stagepost doctor\n"
      "  stagepost doctor example.org     one domain alone\n"
      "  stagepost doctor --json | jq '.findings[] | select(.severity == \"mend\")'");
  auto words = std::make_shared<Words>();
  verb.add_option("DOMAIN", words->domain, "This domain of ours only");
  verb.add_flag("--all", words->all, "Say in full what is well, too");
  verb.add_flag("--json", words->json, "As JSON");
  verb.callback([verbs, words] { verbs.status = examine(verbs.place, *words); });
}

}  // namespace cli
