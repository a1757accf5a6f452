// See master_cf.h.
#include "import/postfix/master_cf.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "import/postfix/lines.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

constexpr std::string_view separators = " \t\r\n";
constexpr std::size_t fields_before_command = 7;

// "-o", "name=value" or "-o", "{ name = value }" or "-oname=value"; the rest are arguments.
void read_arguments(const std::vector<Word>& words, const Line& line, Service& service) {
  for (std::size_t i = fields_before_command + 1; i < words.size(); ++i) {
    std::string_view text = words[i].text;
    std::size_t offset = words[i].offset;
    if (!text.starts_with("-o")) {
      service.arguments.emplace_back(text);
      continue;
    }
    text.remove_prefix(2);
    if (text.empty() && i + 1 < words.size()) {
      text = words[++i].text;
      offset = words[i].offset;
    }
    text = without_braces(text);
    const std::size_t equals = text.find('=');
    const std::string_view raw =
        equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
    service.overrides.push_back({.name = std::string(base::trim(text.substr(0, equals))),
                                 .raw = std::string(base::trim(raw)),
                                 .line = line.number_at(offset)});
  }
}

}  // namespace

const Override* Service::find(std::string_view parameter) const {
  const Override* found = nullptr;  // the last counts
  for (const Override& one : overrides) {
    if (one.name == parameter) found = &one;
  }
  return found;
}

MasterCf MasterCf::read(std::string_view text) {
  MasterCf out;
  for (const Line& line : logical_lines(text)) {
    const std::vector<Word> words = words_of(line.text, separators);
    if (words.size() <= fields_before_command) {
      out.broken.push_back({.text = line.text, .line = line.number});
      continue;
    }
    Service service{.name = words[0].text,
                    .type = words[1].text,
                    .command = words[fields_before_command].text,
                    .line = line.number,
                    .overrides = {},
                    .arguments = {}};
    read_arguments(words, line, service);
    out.services.push_back(std::move(service));
  }
  return out;
}

std::optional<std::uint16_t> mail_port(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::uint16_t>, 7> names = {{
      {"smtp", 25},
      {"mail", 25},
      {"submission", 587},
      {"smtps", 465},
      {"submissions", 465},
      {"ssmtp", 465},
      {"urd", 465},
  }};
  const auto* const known =
      std::ranges::find(names, text, &std::pair<std::string_view, std::uint16_t>::first);
  if (known != names.end()) return known->second;
  const auto number = base::parse_number(text);
  if (!number || *number == 0 || *number > std::numeric_limits<std::uint16_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(*number);
}

}  // namespace postfix
