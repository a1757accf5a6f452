// See objects.h.
#include "lib/acme/objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "lib/base/text.h"

namespace acme {
namespace {

using boost::json::object;
using boost::json::value;

base::Result<object> parse(std::string_view json) {
  boost::system::error_code error;
  value parsed = boost::json::parse(boost::json::string_view(json.data(), json.size()), error);
  if (error || !parsed.is_object()) {
    return base::fail(base::ErrorKind::invalid,
                      "the authority's answer is no JSON object: " + base::printable(json, 100));
  }
  return std::move(parsed.get_object());
}

const value* field(const object& from, std::string_view name) {
  return from.if_contains(boost::json::string_view(name.data(), name.size()));
}

std::string text_or_empty(const object& from, std::string_view name) {
  const value* found = field(from, name);
  if (found == nullptr || !found->is_string()) return {};
  const auto& text = found->get_string();
  return {text.data(), std::min(text.size(), text_bytes_max)};
}

base::Result<std::string> text_of(const object& from, std::string_view name) {
  std::string text = text_or_empty(from, name);
  if (!text.empty() && text.size() < text_bytes_max) return text;
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("the authority's answer has no good \"{}\"", name));
}

bool is_true(const object& from, std::string_view name) {
  const value* found = field(from, name);
  return found != nullptr && found->is_bool() && found->get_bool();
}

Status status_of(const object& from) {
  const std::string word = text_or_empty(from, "status");
  if (word == "pending") return Status::pending;
  if (word == "processing") return Status::processing;
  if (word == "ready") return Status::ready;
  if (word == "valid") return Status::valid;
  return word == "invalid" ? Status::invalid : Status::other;
}

Problem problem_of(const object& from) {
  Problem out{
      .type = text_or_empty(from, "type"), .detail = text_or_empty(from, "detail"), .parts = {}};
  const value* parts = field(from, "subproblems");
  if (parts == nullptr || !parts->is_array()) return out;
  for (const value& one : parts->get_array()) {
    if (!one.is_object() || out.parts.size() >= items_max) continue;
    const value* whose = field(one.get_object(), "identifier");
    out.parts.push_back({.name = whose != nullptr && whose->is_object()
                                     ? text_or_empty(whose->get_object(), "value")
                                     : std::string(),
                         .type = text_or_empty(one.get_object(), "type"),
                         .detail = text_or_empty(one.get_object(), "detail")});
  }
  return out;
}

std::optional<Problem> problem_in(const object& from) {
  const value* found = field(from, "error");
  if (found == nullptr || !found->is_object()) return std::nullopt;
  return problem_of(found->get_object());
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= token_bytes_max && std::ranges::all_of(text, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_';
  });
}

base::Result<Challenge> challenge_of(const object& from) {
  Challenge out{.type = text_or_empty(from, "type"),
                .url = text_or_empty(from, "url"),
                .token = text_or_empty(from, "token"),
                .status = status_of(from),
                .problem = problem_in(from)};
  if (!out.token.empty() && !is_token(out.token)) {
    return base::fail(base::ErrorKind::invalid, "the authority's challenge has a malformed token");
  }
  return out;
}

}  // namespace

base::Result<Directory> read_directory(std::string_view json) {
  const auto from = parse(json);
  if (!from) return std::unexpected(from.error());
  auto nonce = text_of(*from, "newNonce");
  auto account = text_of(*from, "newAccount");
  auto order = text_of(*from, "newOrder");
  for (const auto* one : {&nonce, &account, &order}) {
    if (!*one) return std::unexpected(one->error());
  }
  Directory out{.new_nonce = std::move(*nonce),
                .new_account = std::move(*account),
                .new_order = std::move(*order),
                .terms_of_service = {},
                .external_account_required = false};
  if (const value* meta = field(*from, "meta"); meta != nullptr && meta->is_object()) {
    out.terms_of_service = text_or_empty(meta->get_object(), "termsOfService");
    out.external_account_required = is_true(meta->get_object(), "externalAccountRequired");
  }
  return out;
}

base::Result<Order> read_order(std::string_view json) {
  const auto from = parse(json);
  if (!from) return std::unexpected(from.error());
  auto finalize = text_of(*from, "finalize");
  if (!finalize) return std::unexpected(std::move(finalize.error()));
  Order out{.status = status_of(*from),
            .authorizations = {},
            .finalize = std::move(*finalize),
            .certificate = text_or_empty(*from, "certificate"),
            .problem = problem_in(*from)};
  const value* list = field(*from, "authorizations");
  if (list == nullptr || !list->is_array() || list->get_array().size() > items_max) {
    return base::fail(base::ErrorKind::invalid, "the order has no good \"authorizations\"");
  }
  for (const value& one : list->get_array()) {
    if (!one.is_string() || one.get_string().size() > text_bytes_max) {
      return base::fail(base::ErrorKind::invalid, "an authorization of the order is no URL");
    }
    out.authorizations.emplace_back(one.get_string());
  }
  return out;
}

base::Result<Authorization> read_authorization(std::string_view json) {
  const auto from = parse(json);
  if (!from) return std::unexpected(from.error());
  Authorization out{.status = status_of(*from),
                    .name = {},
                    .wildcard = is_true(*from, "wildcard"),
                    .challenges = {}};
  const value* whose = field(*from, "identifier");
  if (whose != nullptr && whose->is_object()) {
    out.name = base::lower(text_or_empty(whose->get_object(), "value"));
  }
  const value* list = field(*from, "challenges");
  if (out.name.empty() || list == nullptr || !list->is_array() ||
      list->get_array().size() > items_max) {
    return base::fail(base::ErrorKind::invalid,
                      "the authorization lacks \"identifier\" or \"challenges\"");
  }
  for (const value& one : list->get_array()) {
    if (!one.is_object()) continue;
    auto challenge = challenge_of(one.get_object());
    if (!challenge) return std::unexpected(std::move(challenge.error()));
    out.challenges.push_back(std::move(*challenge));
  }
  return out;
}

std::optional<Problem> read_problem(std::string_view json) {
  const auto from = parse(json);
  if (!from || (field(*from, "type") == nullptr && field(*from, "detail") == nullptr)) {
    return std::nullopt;
  }
  return problem_of(*from);
}

}  // namespace acme
