// Fuzz target: files of aliases. Whatever stands in one, each fault names a line that is there, and
// the directory made of it is whole: nobody gets mail twice, and nobody is refused by a fault.
// A form feed separates the file from the list that it includes, and that from names to look up.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "directory/alias_files/aliases_text.h"
#include "directory/alias_files/file_layer.h"
#include "directory/snapshot.h"
#include "lib/base/check.h"
#include "lib/base/text.h"

namespace {

constexpr std::size_t size_max = 16UL * 1024;

void check_places(const directory::AliasesText& text, int lines_max) {
  const auto check = [&](const directory::TextPlace& place) {
    CHECK(place.file < text.files.size(), "a place is in a file");
    CHECK(place.line > 0 && place.line <= lines_max, "a place is in a line");
  };
  for (const directory::TextRefusal& one : text.refused) {
    check(one.place);
    CHECK(!one.why.empty(), "a refusal has a reason");
  }
  for (const directory::TextAlias& alias : text.aliases) {
    check(alias.place);
    CHECK(!alias.name.empty() && !alias.targets.empty(), "an alias leads somewhere");
    for (const directory::TextTarget& target : alias.targets) check(target.place);
  }
}

void look_up(const directory::Snapshot& known, std::string_view name) {
  const auto address = message::parse_address(name, {.utf8 = true});
  if (!address) return;
  const auto found = known.expand({.address = *address, .original = *address, .orcpt = {}});
  CHECK(found.problem.empty() || found.recipients.empty(), "what waits has nobody");
  if (found.kind == directory::Local::alias) {
    CHECK(!found.problem.empty() || !found.recipients.empty(), "an alias leads to somebody");
  }
  std::set<std::string> seen;
  for (const message::Recipient& one : found.recipients) {
    CHECK(seen.insert(one.address.text()).second, "everybody gets one copy");
    CHECK(one.of_list == !one.return_path.is_null(), "a list's member has its owner");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > size_max) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto parts = base::split(input, '\f');
  const auto part = [&parts](std::size_t at) {
    return at < parts.size() ? parts[at] : std::string_view();
  };
  const directory::AliasesText text = directory::read_aliases_text(
      "/etc/aliases", part(0), [&](const std::string& path) -> base::Result<std::string> {
        if (path.ends_with("none")) return base::fail(base::ErrorKind::not_found, "none");
        return std::string(part(1));
      });
  check_places(text, static_cast<int>(size) + 1);

  directory::FileLayer layer({.domains = {"a.test", "b.test"},
                              .mailboxes = {"jane@a.test", "carl@b.test"},
                              .aliases = {{"kept@a.test", {"jane@a.test"}}}});
  layer.add({.path = "/etc/aliases", .domains = {}, .lists_folder = "/"}, &text);
  const auto known = directory::make_snapshot(layer.take_contents());
  for (const std::string_view name : base::split(part(2), '\n')) look_up(*known, name);
  for (const directory::TextAlias& alias : text.aliases) {
    look_up(*known, alias.name + "@a.test");
    look_up(*known, alias.name);
  }
  const auto kept = message::parse_address("kept@a.test").value();
  const auto still = known->expand({.address = kept, .original = kept, .orcpt = {}});
  CHECK(still.recipients.size() == 1, "the directory comes first");
  return 0;
}
