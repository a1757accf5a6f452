// Fuzz target: moving in from Postfix. Whatever main.cf, master.cf and the tables hold, the plan is
// a configuration that is right, no line is without a note, and aliases lead where something is.
// A form feed separates main.cf, master.cf, the tables, /etc/aliases and users.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "import/postfix/move.h"
#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/message/utf8.h"

namespace {

constexpr std::size_t size_max = 64UL * 1024;
constexpr std::size_t files = 5;

class Pieces final : public postfix::Sources {
 public:
  explicit Pieces(std::string_view text) {
    for (const std::string_view part : base::split(text, '\f')) parts_.emplace_back(part);
    parts_.resize(files);
  }

  [[nodiscard]] base::Result<Text> read(const std::string& name) const override {
    std::size_t which = 2;
    if (name.ends_with("main.cf")) which = 0;
    if (name.ends_with("master.cf")) which = 1;
    if (name.ends_with("aliases")) which = 3;
    if (name.ends_with("passwd")) which = 4;
    if (name.ends_with("missing")) return base::fail(base::ErrorKind::not_found, "missing");
    return Text{.file = name, .text = parts_[which]};
  }
  [[nodiscard]] std::string key_problem(const std::string& certificate,
                                        const std::string& /*key*/) const override {
    return certificate.ends_with("bad") ? "bad" : "";
  }

 private:
  std::vector<std::string> parts_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > size_max) return 0;
  const Pieces pieces(std::string_view(reinterpret_cast<const char*>(data), size));
  const auto plan = postfix::make_plan(
      pieces, {.folder = "/etc/postfix", .host_name = "h.example", .passwd_file = "/users/passwd"});
  CHECK(plan.has_value(), "main.cf is there");
  const auto config = config::load(plan->config, "t", "/home");
  CHECK(config.has_value(), config ? "" : config.error().detail.c_str());
  std::set<int> noted;
  for (const postfix::Note& note : plan->notes) {
    CHECK(!note.words.empty(), "a note has words");
    CHECK(message::is_utf8(postfix::note_line(note)), "a report is UTF-8");
    if (note.place.file.ends_with("main.cf")) noted.insert(note.place.line);
  }
  const auto main = pieces.read("main.cf");
  for (const postfix::Parameter& one : postfix::MainCf::read(main->text).parameters()) {
    CHECK(noted.contains(one.line), "no line is passed over in silence");
  }
  std::set<std::string> known;
  for (const postfix::Mailbox& box : plan->mailboxes)
    CHECK(known.insert(box.address).second, "once");
  for (const postfix::Alias& one : plan->aliases) {
    CHECK(known.insert(one.address).second, "an address is a mailbox or an alias, once");
    CHECK(!one.targets.empty(), "an alias leads somewhere");
  }
  return 0;
}
