// import/postfix/fixture_test.h: Postfix's files for tests.
//
// What:    Texts has files by their names; plan_of() makes a plan of pieces of main.cf.
// In/Out:  name → text.
// Errors:  not_found.
// Limits:  none.
// Not here: the tests.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "config/config.h"
#include "import/postfix/move.h"

namespace postfix {

class Texts : public Sources {
 public:
  std::map<std::string, std::string> files;
  std::string problem = "there is none";  // of every certificate; empty: all are good

  [[nodiscard]] base::Result<Text> read(const std::string& name) const override {
    const auto found = files.find(name);
    if (found == files.end()) return base::fail(base::ErrorKind::not_found, "no " + name);
    return Text{.file = name, .text = found->second};
  }
  [[nodiscard]] std::string key_problem(const std::string& /*certificate*/,
                                        const std::string& /*key*/) const override {
    return problem;
  }
};

constexpr std::string_view smtp_service = "smtp inet n - y - - smtpd\n";

// main.cf with a host name and one service; the plan must be a configuration that is right.
inline Plan plan_of(Texts& texts, const std::string& main,
                    const std::string& master = std::string(smtp_service)) {
  texts.files["/etc/postfix/main.cf"] =
      (main.find("myhostname") == std::string::npos ? "myhostname = mx.example.org\n" : "") + main;
  texts.files["/etc/postfix/master.cf"] = master;
  const auto plan =
      make_plan(texts, {.folder = "/etc/postfix", .host_name = {}, .passwd_file = {}});
  EXPECT_TRUE(plan.has_value());
  if (!plan) return {};
  const auto config = config::load(plan->config, "stagepost.toml", "/home");
  EXPECT_TRUE(config.has_value()) << config.error().detail << "\n" << plan->config;
  return *plan;
}

inline Plan plan_of(const std::string& main) {
  Texts texts;
  return plan_of(texts, main);
}

// The notes about `what`, a line each: "taken: as …".
inline std::string notes_about(const Plan& plan, std::string_view what) {
  std::string out;
  for (const Note& note : plan.notes) {
    if (note.what == what) out += fmt::format("{}: {}\n", word_of(note.fate), note.words);
  }
  return out;
}

inline bool has_line(const Plan& plan, std::string_view line) {
  return ("\n" + plan.config).find(fmt::format("\n{}\n", line)) != std::string::npos;
}

}  // namespace postfix
