// See move.h.
#include "import/postfix/move.h"

#include <fmt/format.h>

#include <algorithm>

#include "directory/names.h"
#include "import/postfix/lines.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

base::Result<> read_files(Move& move) {
  auto main = move.sources.read(move.wishes.folder + "/main.cf");
  if (!main) {
    return base::fail(main.error().kind,
                      fmt::format("{}; name the folder that holds Postfix's main.cf, such as "
                                  "/etc/postfix",
                                  main.error().detail));
  }
  move.main = MainCf::read(main->text);
  move.main_file = main->file;
  if (const auto master = move.sources.read(move.wishes.folder + "/master.cf")) {
    move.master = MasterCf::read(master->text);
    move.master_file = master->file;
  } else {
    move.note_at({.file = move.wishes.folder + "/master.cf"}, "master.cf", Fate::by_hand,
                 fmt::format("cannot be read ({}); we listen on port 25 as Postfix would",
                             master.error().detail));
  }
  return {};
}

// The name of the host, and the domain that it is in.
void set_system_defaults(Move& move) {
  std::string host = base::lower(move.wishes.host_name);
  if (host.find('.') == std::string::npos) {
    const std::string domain = move.is_set("mydomain") ? move.value("mydomain") : "localdomain";
    host = (host.empty() ? "mail" : host) + "." + domain;
  }
  move.main.set_default("myhostname", host);
  const std::string name = move.value("myhostname");
  const std::size_t dot = name.find('.');
  move.main.set_default("mydomain",
                        dot == std::string::npos ? "localdomain" : name.substr(dot + 1));
}

}  // namespace

Place Move::place(std::string_view name) const {
  const Parameter* found = main.find(name);
  return {.file = main_file, .line = found == nullptr ? 0 : found->line};
}

bool Move::is_ours(std::string_view domain) const {
  return std::ranges::find(plan.domains, domain) != plan.domains.end();
}

void Move::note(std::string_view name, Fate fate, std::string_view words) {
  if (is_set(name)) note_at(place(name), name, fate, words);
}

void Move::note_at(const Place& place, std::string_view what, Fate fate, std::string_view words) {
  plan.notes.push_back({.place = {.file = shown(place.file), .line = place.line},
                        .what = shown(what),
                        .fate = fate,
                        .words = shown(words)});
}

void Move::note_table(std::string_view name, const Table& table) {
  if (!table.problem.empty() && is_set(name)) {
    note_at(place(name), fmt::format("{}: {}", name, table.name), Fate::by_hand, table.problem);
  }
  for (const UnreadLine& line : table.unread) {
    note_at(line.place, line.text, Fate::by_hand,
            fmt::format("{}; write what it stands for {}", line.why,
                        name == "transport_maps"       ? "as [[route]]"
                        : name == "virtual_alias_maps" ? "with `stagepost alias add`"
                                                       : "by hand"));
  }
}

void Move::take(std::string_view name, std::string_view path, const config::Value& value,
                std::string_view also) {
  const auto done = draft.set(path, value, fmt::format("{} {}", place(name).text(), name));
  const std::string more = also.empty() ? "" : fmt::format("; {}", also);
  if (!done) {
    note(name, Fate::by_hand, fmt::format("{} {}{}", path, done.error().detail, more));
  } else if (draft.is_default(path, value)) {
    note(name, Fate::same, fmt::format("{} = {} is the default{}", path, written(value), more));
  } else {
    note(name, Fate::taken, fmt::format("as {} = {}{}", path, written(value), more));
  }
}

bool Move::take_element(std::string_view name, std::string_view section, const Element& element,
                        std::string_view also) {
  const auto done = draft.add(section, element, fmt::format("{} {}", place(name).text(), name));
  const std::string more = also.empty() ? "" : fmt::format("; {}", also);
  std::string shown;
  for (const auto& [key, value] : element) {
    if (key == "password") continue;
    shown += fmt::format("{}{} = {}", shown.empty() ? "" : ", ", key, written(value));
  }
  if (!done) {
    note(name, Fate::by_hand,
         fmt::format("[[{}]] {}: {}{}", section, shown, done.error().detail, more));
    return false;
  }
  note(name, Fate::taken, fmt::format("as [[{}]] {}{}", section, shown, more));
  return true;
}

void Move::add_domain(const std::string& domain) {
  if (!is_ours(domain)) plan.domains.push_back(domain);
}

std::optional<base::Duration> postfix_time(std::string_view text, char unit) {
  const std::string_view trimmed = base::trim(text);
  const std::size_t digits = std::min(trimmed.find_first_not_of("0123456789"), trimmed.size());
  const auto number = base::parse_number(trimmed.substr(0, digits));
  const std::string_view rest = trimmed.substr(digits);
  if (!number || rest.size() > 1) return std::nullopt;
  const char of = rest.empty() ? unit : base::to_lower(rest.front());
  constexpr std::uint64_t number_max = 5'000'000'000;  // a century and a half of seconds
  std::uint64_t seconds = 1;
  if (of == 'm') seconds = 60;
  if (of == 'h') seconds = 3'600;
  if (of == 'd') seconds = 86'400;
  if (of == 'w') seconds = 604'800;
  if (seconds == 1 && of != 's') return std::nullopt;
  return std::chrono::seconds(std::min(*number, number_max / seconds) * seconds);
}

std::string service_place(const Move& move, std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with("inet:")) {
    rest.remove_prefix(5);
    const std::size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos) return std::string(rest);
    std::string_view host = rest.substr(0, colon);
    if (host == "localhost") host = "127.0.0.1";
    return fmt::format("{}:{}", host.empty() ? "127.0.0.1" : host, rest.substr(colon + 1));
  }
  for (const std::string_view prefix : {"unix:", "local:"}) {
    if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
  }
  if (rest.starts_with('/')) return fmt::format("unix:{}", rest);
  return fmt::format("unix:{}/{}", move.value("queue_directory"), rest);
}

bool is_world_domain(std::string_view domain) {
  const std::string name = base::lower(domain);
  return name != "localhost" && !name.starts_with("localhost.") &&
         !name.ends_with(".localdomain") && name.find('.') != std::string::npos &&
         directory::domain_name(name).has_value();
}

base::Result<Plan> make_plan(const Sources& sources, const Wishes& wishes) {
  Move move(sources, wishes);
  if (auto read = read_files(move); !read) return std::unexpected(read.error());
  set_system_defaults(move);
  for (const auto take :
       {take_host, take_listeners, take_tls, take_domains, take_relay, take_routes, take_limits,
        take_filters, take_postscreen, take_restrictions, take_accounts, take_mailboxes,
        take_virtual_aliases, take_local_aliases, take_grants, order_aliases, note_the_rest}) {
    take(move);
  }
  sort_notes(move.plan.notes);
  move.plan.config = move.draft.text();
  return std::move(move.plan);
}

}  // namespace postfix
