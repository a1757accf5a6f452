// See api.h. All that is kept about a person: shown, and removed.
#include <fmt/format.h>

#include <set>

#include "admin/directory_work.h"
#include "admin/json.h"
#include "admin/user_json.h"
#include "directory/names.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "trace/line.h"

namespace admin {
namespace {

constexpr std::size_t events_max = 1'000'000;
constexpr std::size_t folder_depth_max = 32;  // a Maildir has three

// How many messages in the queue are from the person, by sender or account, or to him.
io::Task<std::size_t> count_queued(Parts* parts, std::string address) {
  std::set<std::uint64_t> ids;
  queue::Filter by_sender;
  by_sender.sender = address;
  queue::Filter by_recipient;
  by_recipient.recipient = address;
  queue::Filter by_account;
  by_account.account = address;
  for (const queue::Filter& filter : {by_sender, by_recipient, by_account}) {
    for (const auto& one : co_await parts->queues.list(filter, list_max)) ids.insert(one.id.value);
  }
  co_return ids.size();
}

boost::json::array trace_json(const std::vector<trace::StoredEvent>& events) {
  boost::json::array out;
  out.reserve(events.size());
  for (const trace::StoredEvent& event : events) {
    boost::system::error_code error;
    boost::json::value line = boost::json::parse(trace::json_line(event), error);
    if (!error) out.push_back(std::move(line));
  }
  return out;
}

boost::json::object places_json(const policy::Kept& kept) {
  boost::json::array uses;
  for (const policy::LastUseRow& row : kept.last_uses) {
    uses.push_back(boost::json::object{
        {"login", row.login}, {"when", base::format_time(row.when)}, {"address", row.address}});
  }
  boost::json::array places;
  for (const policy::GuessRow& row : kept.places) {
    for (const policy::PlaceRow& place : row.places) {
      places.push_back(boost::json::object{{"login", row.login},
                                           {"address", place.address.text()},
                                           {"when", base::format_time(place.seen)}});
    }
  }
  return {{"last_uses", std::move(uses)}, {"places", std::move(places)}};
}

// Whom it knows is kept as keyed hashes: only their number can be told.
boost::json::object contacts_json(const policy::ContactsKept& kept) {
  boost::json::array domains;
  for (const std::string& domain : kept.domains) domains.emplace_back(domain);
  return {{"addresses", kept.addresses}, {"domains", std::move(domains)}};
}

// A link is removed itself: nothing behind it is ever looked at.
base::Result<> remove_tree(io::Files& files, const std::string& path, std::size_t depth) {
  if (files.remove(path)) return {};  // a file, a link or an empty folder
  auto entries = files.list(path);
  if (!entries) return std::unexpected(entries.error());
  if (depth >= folder_depth_max) {
    return base::fail(base::ErrorKind::limit, path + " is nested too deep");
  }
  for (const io::FileInfo& entry : *entries) {
    auto removed = remove_tree(files, path + "/" + entry.name, depth + 1);
    if (!removed) return removed;
  }
  return files.remove(path);
}

// What an IMAP server keeps of a person beside the mail, as dovecot_config.h sets it up (Sieve
// scripts): MAIL-FOLDER/.homes/DOMAIN/LOCAL for mail in MAIL-FOLDER/DOMAIN/LOCAL. Empty: no mail
// folder.
std::string home_of(const std::string& folder) {
  const std::size_t local = folder.rfind('/');
  if (local == std::string::npos || local == 0) return {};
  const std::size_t domain = folder.rfind('/', local - 1);
  if (domain == std::string::npos) return {};
  return folder.substr(0, domain) + "/.homes" + folder.substr(domain);
}

// The folders that are there, told under their names, and removed when `mail` says so; false: none
// is there.
base::Result<bool> tell_folders(Parts& parts, const std::string& key, bool mail,
                                boost::json::object& out) {
  const std::string folder = parts.mail_folder ? parts.mail_folder(key) : std::string();
  bool any = false;
  for (const auto& [name, path] :
       {std::pair("mail_folder", folder), std::pair("home_folder", home_of(folder))}) {
    if (path.empty() || !parts.doors.files.info(path)) continue;
    any = true;
    out[name] = path;
    if (!mail) continue;
    auto removed = remove_tree(parts.doors.files, path, 0);
    if (!removed) return std::unexpected(removed.error());
    out["mail_removed"] = true;
  }
  return any;
}

base::Result<boost::json::object> export_person(Parts& parts, directory::Store& store,
                                                const std::string& address, base::Time now) {
  auto account = user_json(parts, store, address, now);
  if (!account) return account;
  const std::string name(account->at("address").as_string());
  auto events = parts.trace.events_of(parts.trace.person(name), events_max, now);
  if (!events) return std::unexpected(events.error());
  boost::json::object out{{"address", name}, {"at", base::format_time(now)}};
  out["account"] = std::move(*account);
  const policy::Kept kept = parts.state.kept(name, now);
  out["logins_from"] = places_json(kept);
  out["contacts"] = contacts_json(kept.contacts);
  out["events"] = trace_json(*events);
  if (auto told = tell_folders(parts, name, false, out); !told) {
    return std::unexpected(told.error());
  }
  if (parts.mail_folder) out["mail_folder"] = parts.mail_folder(name);
  return out;
}

// The account first, so that nothing new is kept while the rest goes. What fails after that is told
// and can be tried again: an account that is gone already is no reason to stop.
base::Result<boost::json::object> erase_person(Parts& parts, directory::Store& store,
                                               const std::string& address, bool mail) {
  auto name = directory::address_name(address);
  if (!name) return std::unexpected(name.error());
  boost::json::object out{{"address", *name}};
  auto aliases = store.erase_mailbox(address);
  if (!aliases && aliases.error().kind != base::ErrorKind::not_found) {
    return std::unexpected(aliases.error());
  }
  if (aliases) out["aliases"] = aliases_json(*aliases);
  if (auto live = parts.directory_changed(); !live) return std::unexpected(live.error());
  const base::Time now = parts.doors.clock.wall();
  if (auto done = parts.state.erase(*name, now); !done) return std::unexpected(done.error());
  auto report = parts.trace.erase(parts.trace.person(*name), now);
  if (!report) return std::unexpected(report.error());
  out["events"] = report->events;
  auto there = tell_folders(parts, *name, mail, out);
  if (!there) return std::unexpected(there.error());
  if (!aliases && report->events == 0 && !*there) {
    return base::fail(base::ErrorKind::not_found, fmt::format("nothing is kept about {}", *name));
  }
  return out;
}

io::Task<http::Response> export_route(Parts* parts, http::Request request) {
  const auto at = request.query.find("address");
  if (at == request.query.end()) {
    co_return error_response({base::ErrorKind::invalid, "say whose: ?address=you@example.org"});
  }
  const base::Time now = parts->doors.clock.wall();
  const std::size_t queued = co_await count_queued(parts, at->second);
  const bool enrolled = has_second_factor(*parts, at->second);
  co_return co_await on_directory(
      parts,
      [parts, now, queued, enrolled, address = at->second](directory::Store& store) {
        auto out = export_person(*parts, store, address, now);
        if (!out) return out;
        (*out)["queued"] = queued;
        (*out)["second_factor"] = enrolled;
        return out;
      },
      Kind::reads);
}

io::Task<http::Response> erase_route(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto address = text_of(*body, "address");
  if (!address) co_return error_response(address.error());
  const auto* flag = body->if_contains("mail");
  const bool mail = flag != nullptr && flag->is_bool() && flag->get_bool();
  const std::size_t queued = co_await count_queued(parts, *address);
  auto response = co_await on_directory(
      parts,
      [parts, queued, mail, address = *address](directory::Store& store) {
        auto out = erase_person(*parts, store, address, mail);
        if (out) (*out)["queued"] = queued;
        return out;
      },
      Kind::reads);  // erase_person made its change live itself
  if (response.status == 200) forget_second_factor(*parts, *address);
  co_return response;
}

}  // namespace

void add_person_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/users/export",
             [&parts](http::Request request) { return export_route(&parts, std::move(request)); });
  router.add("POST", "/api/v1/users/erase",
             [&parts](http::Request request) { return erase_route(&parts, std::move(request)); });
}

}  // namespace admin
