// See api.h. Domains and aliases: list, add, set, remove.
#include <algorithm>
#include <iterator>

#include "admin/directory_page.h"
#include "admin/directory_work.h"
#include "admin/json.h"
#include "admin/user_json.h"
#include "lib/base/text.h"

namespace admin {
namespace {

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
      Kind::changes);
}

base::Result<boost::json::object> list_domains(directory::Store& store) {
  auto domains = store.domains();
  if (!domains) return std::unexpected(domains.error());
  boost::json::array out;
  for (const std::string& domain : *domains) out.emplace_back(domain);
  return boost::json::object{{"domains", std::move(out)}};
}

using FileAliases = decltype(Parts::file_aliases);

// Those of files that the page asks for, before it is cut.
base::Result<std::vector<directory::AliasRow>> aliases_of_files(const FileAliases& file_aliases,
                                                                directory::Store& store,
                                                                const std::string& part) {
  if (!file_aliases) return std::vector<directory::AliasRow>{};
  auto contents = store.contents();
  if (!contents) return std::unexpected(contents.error());
  auto rows = file_aliases(std::move(*contents));
  const std::string key = base::lower(part);
  std::erase_if(rows, [&key](const directory::AliasRow& row) {
    return !row.address.contains(key) &&
           std::ranges::none_of(row.targets, [&key](const std::string& target) {
             return base::lower(target).contains(key);
           });
  });
  return rows;
}

base::Result<boost::json::object> alias_page(const FileAliases& file_aliases,
                                             directory::Store& store, const directory::Page& page) {
  auto rows = store.aliases(page);
  if (!rows) return std::unexpected(rows.error());
  const auto total = store.count_aliases(page.part);
  if (!total) return std::unexpected(total.error());
  auto more = aliases_of_files(file_aliases, store, page.part);
  if (!more) return std::unexpected(more.error());
  const std::size_t all = *total + more->size();
  std::erase_if(*more, [&](const auto& row) { return row.address <= page.after; });
  std::ranges::move(*more, std::back_inserter(*rows));
  std::ranges::sort(*rows, {}, &directory::AliasRow::address);
  if (page.rows_max > 0 && rows->size() > page.rows_max) rows->resize(page.rows_max);
  return page_json("aliases", std::move(*rows), page, all, alias_json);
}

io::Task<http::Response> list_aliases(Parts* parts, http::Request request) {
  auto page = read_page(request);
  if (!page) co_return error_response(page.error());
  co_return co_await on_directory(
      parts,
      [page = std::move(*page), files = parts->file_aliases](directory::Store& store) {
        return alias_page(files, store, page);
      },
      Kind::reads);
}

using AliasChange = base::Result<> (directory::Store::*)(std::string_view,
                                                         const std::vector<std::string>&);

io::Task<http::Response> change_alias(Parts* parts, http::Request request, AliasChange change) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto address = text_of(*body, "address");
  if (!address) co_return error_response(address.error());
  auto targets = texts_of(*body, "targets");
  if (!targets) co_return error_response(targets.error());
  co_return co_await on_directory(
      parts,
      [address = *address, targets = *targets,
       change](directory::Store& store) -> base::Result<boost::json::object> {
        if (auto done = (store.*change)(address, targets); !done) {
          return std::unexpected(done.error());
        }
        return boost::json::object{{"address", address}};
      },
      Kind::changes);
}

}  // namespace

void add_directory_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/domains",
             [&parts](http::Request) { return on_directory(&parts, list_domains, Kind::reads); });
  router.add("GET", "/api/v1/aliases",
             [&parts](http::Request request) { return list_aliases(&parts, std::move(request)); });
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
  change("/api/v1/aliases/remove", "address", &directory::Store::remove_alias);
  const auto alias = [&router, &parts](std::string_view path, AliasChange call) {
    router.add("POST", path, [&parts, call](http::Request request) {
      return change_alias(&parts, std::move(request), call);
    });
  };
  alias("/api/v1/aliases/add", &directory::Store::add_alias);
  alias("/api/v1/aliases/set", &directory::Store::set_alias);
}

}  // namespace admin
