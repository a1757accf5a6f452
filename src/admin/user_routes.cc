// See api.h. Users: list, show, add, set, passwd, remove.
#include <fmt/format.h>

#include <algorithm>

#include "admin/directory_page.h"
#include "admin/directory_work.h"
#include "admin/json.h"
#include "admin/user_json.h"
#include "directory/credential.h"
#include "directory/names.h"
#include "lib/io/clock.h"

namespace admin {
namespace {

constexpr std::size_t password_characters_min = 8;  // NIST SP 800-63B §5.1.1.1

// Of UTF-8, which JSON is: all octets but those that continue a character.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// The password of a request; without one it is made, and told this once.
struct Chosen {
  std::string verifier;
  std::string told;  // empty when it was given
};

base::Result<Chosen> choose_password(Parts& parts, const boost::json::object& body) {
  auto given = text_if(body, "password");
  if (!given) return std::unexpected(given.error());
  if (*given && characters(**given) < password_characters_min) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("the password is too short; it needs at least {} characters",
                                  password_characters_min));
  }
  Chosen out;
  if (!*given) out.told = directory::generate_password(parts.doors.random);
  auto verifier = directory::make_verifier(*given ? **given : out.told, parts.doors.random);
  if (!verifier) return std::unexpected(verifier.error());
  out.verifier = std::move(*verifier);
  return out;
}

base::Result<directory::MailboxFields> fields_of(const boost::json::object& body) {
  auto full_name = text_if(body, "full_name");
  if (!full_name) return std::unexpected(full_name.error());
  auto quota = number_if(body, "quota_bytes");
  if (!quota) return std::unexpected(quota.error());
  auto administrator = flag_if(body, "administrator");
  if (!administrator) return std::unexpected(administrator.error());
  return directory::MailboxFields{
      .full_name = std::move(*full_name), .quota_bytes = *quota, .administrator = *administrator};
}

boost::json::object answer_of(const std::string& address, const std::string& told) {
  boost::json::object out{{"address", address}};
  if (!told.empty()) out["password"] = told;
  return out;
}

io::Task<http::Response> add_user(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto address = text_of(*body, "address");
  if (!address) co_return error_response(address.error());
  auto fields = fields_of(*body);
  if (!fields) co_return error_response(fields.error());
  auto chosen = choose_password(*parts, *body);
  if (!chosen) co_return error_response(chosen.error());
  co_return co_await on_directory(
      parts,
      [address = *address, fields = *fields,
       chosen = *chosen](directory::Store& store) -> base::Result<boost::json::object> {
        if (auto done = store.add_mailbox(address, chosen.verifier, fields); !done) {
          return std::unexpected(done.error());
        }
        return answer_of(address, chosen.told);
      },
      Kind::changes);
}

// Of the mailbox, or of one of its app passwords.
io::Task<http::Response> set_password(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto address = text_of(*body, "address");
  if (!address) co_return error_response(address.error());
  auto chosen = choose_password(*parts, *body);
  if (!chosen) co_return error_response(chosen.error());
  co_return co_await on_directory(
      parts,
      [address = *address,
       chosen = *chosen](directory::Store& store) -> base::Result<boost::json::object> {
        if (auto done = store.set_verifier(address, chosen.verifier); !done) {
          return std::unexpected(done.error());
        }
        return answer_of(address, chosen.told);
      },
      Kind::changes);
}

io::Task<http::Response> set_user(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto address = text_of(*body, "address");
  if (!address) co_return error_response(address.error());
  auto fields = fields_of(*body);
  if (!fields) co_return error_response(fields.error());
  co_return co_await on_directory(
      parts,
      [address = *address, fields = *fields](directory::Store& store) {
        return done_or(store.set_mailbox(address, fields));
      },
      Kind::changes);
}

io::Task<http::Response> remove_user(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto address = text_of(*body, "address");
  if (!address) co_return error_response(address.error());
  auto response = co_await on_directory(
      parts,
      [address = *address](directory::Store& store) {
        return done_or(store.remove_mailbox(address));
      },
      Kind::changes);
  if (response.status == 200) forget_second_factor(*parts, *address);
  co_return response;
}

// For whoever has lost the phone and the recovery codes, too.
io::Task<http::Response> remove_second_factor(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto address = text_of(*body, "address");
  if (!address) co_return error_response(address.error());
  auto name = directory::address_name(*address);
  if (!name) co_return error_response(name.error());
  if (auto done = parts->factors->remove(*name); !done) co_return error_response(done.error());
  co_return http::json_response(200, R"({"done":true})");
}

io::Task<http::Response> list_users(Parts* parts, http::Request request) {
  auto page = read_page(request);
  if (!page) co_return error_response(page.error());
  co_return co_await on_directory(
      parts,
      [page = std::move(*page)](directory::Store& store) -> base::Result<boost::json::object> {
        auto mailboxes = store.mailboxes(page);
        if (!mailboxes) return std::unexpected(mailboxes.error());
        const auto total = store.count_mailboxes(page.part);
        if (!total) return std::unexpected(total.error());
        return page_json("users", std::move(*mailboxes), page, *total, mailbox_json);
      },
      Kind::reads);
}

io::Task<http::Response> show_user(Parts* parts, http::Request request) {
  const auto at = request.query.find("address");
  if (at == request.query.end()) {
    co_return error_response({base::ErrorKind::invalid, "say which: ?address=you@example.org"});
  }
  const base::Time now = parts->doors.clock.wall();
  const bool enrolled = has_second_factor(*parts, at->second);
  co_return co_await on_directory(
      parts,
      [parts, now, enrolled, address = at->second](directory::Store& store) {
        auto out = user_json(*parts, store, address, now);
        if (out) (*out)["second_factor"] = enrolled;
        return out;
      },
      Kind::reads);
}

}  // namespace

bool has_second_factor(const Parts& parts, std::string_view address) {
  const auto name = directory::address_name(address);
  return name && parts.factors != nullptr && parts.factors->of(*name) != nullptr;
}

void forget_second_factor(Parts& parts, std::string_view address) {
  if (!has_second_factor(parts, address)) return;
  // Of an account that is gone: what cannot be written now is asked of nobody.
  [[maybe_unused]] const auto done = parts.factors->remove(*directory::address_name(address));
}

base::Result<boost::json::object> user_json(Parts& parts, directory::Store& store,
                                            const std::string& address, base::Time now) {
  auto box = store.mailbox(address);
  if (!box) return std::unexpected(box.error());
  // By what was typed: a key has no quotes, so it is no address to be read again.
  auto logins = store.logins(address);
  if (!logins) return std::unexpected(logins.error());
  auto aliases = store.aliases_to(address);
  if (!aliases) return std::unexpected(aliases.error());
  auto grants = store.grants(address);
  if (!grants) return std::unexpected(grants.error());
  auto limits = store.limits();
  if (!limits) return std::unexpected(limits.error());
  boost::json::object out = mailbox_json(*box);
  out["logins"] = logins_json(parts, *logins, now);
  out["aliases"] = aliases_json(*aliases);
  out["grants"] = grants_json(*grants);
  out["sending"] = sending_json(parts, box->address, *limits, now);
  return out;
}

void add_user_routes(http::Router& router, Parts& parts) {
  using Route = io::Task<http::Response> (*)(Parts*, http::Request);
  const auto add = [&router, &parts](std::string_view method, std::string_view path, Route route) {
    router.add(std::string(method), path, [&parts, route](http::Request request) {
      return route(&parts, std::move(request));
    });
  };
  add("GET", "/api/v1/users", list_users);
  add("GET", "/api/v1/users/show", show_user);
  add("POST", "/api/v1/users/add", add_user);
  add("POST", "/api/v1/users/set", set_user);
  add("POST", "/api/v1/users/passwd", set_password);
  add("POST", "/api/v1/users/remove", remove_user);
  if (parts.factors != nullptr) {
    add("POST", "/api/v1/users/second-factor/remove", remove_second_factor);
  }
}

}  // namespace admin
