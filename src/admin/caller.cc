// See caller.h.
#include "admin/caller.h"

namespace admin {
namespace {

// No pattern of a route has names with a dot in them.
constexpr std::string_view name_field = "caller.name";
constexpr std::string_view account_field = "caller.account";
constexpr std::string_view key_field = "caller.key";

std::string value_of(const http::Values& values, std::string_view field) {
  const auto found = values.find(field);
  return found == values.end() ? std::string() : found->second;
}

}  // namespace

void set_caller(http::Request& request, const Caller& caller) {
  request.captures.insert_or_assign(std::string(name_field), caller.name);
  request.captures.insert_or_assign(std::string(account_field), caller.account);
  request.captures.insert_or_assign(std::string(key_field), caller.key);
}

Caller caller_of(const http::Request& request) {
  return {.name = value_of(request.captures, name_field),
          .account = value_of(request.captures, account_field),
          .key = value_of(request.captures, key_field)};
}

}  // namespace admin
