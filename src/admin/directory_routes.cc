// See api.h. Domains, users and aliases: list, add, remove.
#include "admin/api.h"
#include "admin/json.h"
#include "directory/credential.h"
#include "lib/io/pool.h"

namespace admin {
namespace {

using Work = std::function<base::Result<boost::json::object>(directory::Store&)>;

// SQLite blocks: on the pool. A change is live before the answer goes out.
io::Task<http::Response> on_directory(Parts* parts, Work work, bool changes) {
  auto result = co_await io::on_pool(parts->doors.pool, [parts, work = std::move(work), changes]() {
    auto done = work(parts->directory);
    if (done && changes) {
      if (auto live = parts->directory_changed(); !live) {
        return base::Result<boost::json::object>(std::unexpected(live.error()));
      }
    }
    return done;
  });
  if (!result) co_return error_response(result.error());
  co_return http::json_response(200, boost::json::serialize(*result));
}

// A body with one text field, handed to `change`.
io::Task<http::Response> change_one(
    Parts* parts, http::Request request, std::string field,
    std::function<base::Result<>(directory::Store&, const std::string&)> change) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto text = text_of(*body, field);
  if (!text) co_return error_response(text.error());
  co_return co_await on_directory(
      parts,
      [name = std::move(*text), change = std::move(change),
       field](directory::Store& store) -> base::Result<boost::json::object> {
        if (auto done = change(store, name); !done) return std::unexpected(done.error());
        return boost::json::object{{field, name}};
      },
      true);
}

base::Result<boost::json::object> list_domains(directory::Store& store) {
  auto domains = store.domains();
  if (!domains) return std::unexpected(domains.error());
  boost::json::array out;
  for (const std::string& domain : *domains) out.emplace_back(domain);
  return boost::json::object{{"domains", std::move(out)}};
}

base::Result<boost::json::object> list_users(directory::Store& store) {
  auto mailboxes = store.mailboxes();
  if (!mailboxes) return std::unexpected(mailboxes.error());
  boost::json::array out;
  for (const directory::MailboxRow& row : *mailboxes) {
    boost::json::array logins;
    for (const std::string& login : row.logins) logins.emplace_back(login);
    out.push_back(boost::json::object{{"address", row.address}, {"logins", std::move(logins)}});
  }
  return boost::json::object{{"users", std::move(out)}};
}

base::Result<boost::json::object> list_aliases(directory::Store& store) {
  auto aliases = store.aliases();
  if (!aliases) return std::unexpected(aliases.error());
  boost::json::array out;
  for (const directory::AliasRow& row : *aliases) {
    boost::json::array targets;
    for (const std::string& target : row.targets) targets.emplace_back(target);
    out.push_back(boost::json::object{{"address", row.address}, {"targets", std::move(targets)}});
  }
  return boost::json::object{{"aliases", std::move(out)}};
}

// Without a password one is made and told, this once.
io::Task<http::Response> add_user(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto address = text_of(*body, "address");
  if (!address) co_return error_response(address.error());
  const bool given = body->contains("password");
  auto password =
      given ? text_of(*body, "password")
            : base::Result<std::string>(directory::generate_password(parts->doors.random));
  if (!password) co_return error_response(password.error());
  auto verifier = directory::make_verifier(*password, parts->doors.random);
  if (!verifier) co_return error_response(verifier.error());
  co_return co_await on_directory(
      parts,
      [address = *address, verifier = *verifier, told = given ? std::string() : *password](
          directory::Store& store) -> base::Result<boost::json::object> {
        if (auto done = store.add_mailbox(address, verifier); !done) {
          return std::unexpected(done.error());
        }
        boost::json::object out{{"address", address}};
        if (!told.empty()) out["password"] = told;
        return out;
      },
      true);
}

io::Task<http::Response> add_alias(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto address = text_of(*body, "address");
  if (!address) co_return error_response(address.error());
  auto targets = texts_of(*body, "targets");
  if (!targets) co_return error_response(targets.error());
  co_return co_await on_directory(
      parts,
      [address = *address,
       targets = *targets](directory::Store& store) -> base::Result<boost::json::object> {
        if (auto done = store.add_alias(address, targets); !done) {
          return std::unexpected(done.error());
        }
        return boost::json::object{{"address", address}};
      },
      true);
}

}  // namespace

void add_directory_routes(http::Router& router, Parts& parts) {
  const auto list = [&router, &parts](std::string_view path, Work work) {
    router.add("GET", path,
               [&parts, work](http::Request) { return on_directory(&parts, work, false); });
  };
  list("/api/v1/domains", list_domains);
  list("/api/v1/users", list_users);
  list("/api/v1/aliases", list_aliases);

  using Change = base::Result<> (directory::Store::*)(std::string_view);
  const auto change = [&router, &parts](std::string_view path, std::string field, Change call) {
    router.add("POST", path, [&parts, field, call](http::Request request) {
      return change_one(
          &parts, std::move(request), field,
          [call](directory::Store& store, const std::string& name) { return (store.*call)(name); });
    });
  };
  change("/api/v1/domains/add", "domain", &directory::Store::add_domain);
  change("/api/v1/domains/remove", "domain", &directory::Store::remove_domain);
  change("/api/v1/users/remove", "address", &directory::Store::remove_mailbox);
  change("/api/v1/aliases/remove", "address", &directory::Store::remove_alias);
  router.add("POST", "/api/v1/users/add",
             [&parts](http::Request request) { return add_user(&parts, std::move(request)); });
  router.add("POST", "/api/v1/aliases/add",
             [&parts](http::Request request) { return add_alias(&parts, std::move(request)); });
}

}  // namespace admin
