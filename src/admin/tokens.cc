// See tokens.h.
#include "admin/tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <chrono>

#include "lib/base/format_version.h"
#include "lib/base/text.h"
#include "lib/io/digest.h"

namespace admin {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::string_view prefix = "stagepost_";  // so that scanners for leaked secrets know it
constexpr std::size_t secret_octets = 32;
constexpr std::uint64_t file_bytes_max = 1ULL << 20U;
constexpr base::Duration use_noted_every = 1h;
constexpr std::int64_t format_version = 1;
constexpr std::array<std::string_view, 4> scope_names = {"read", "operate", "admin", "send"};

std::string hash_of(std::string_view secret) { return base::hex(io::sha256(secret)); }

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= token_name_bytes_max &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

json::object to_json(const Token& token) {
  json::object out{{"name", token.name},
                   {"hash", token.hash},
                   {"scope", to_string(token.scope)},
                   {"created", base::format_time(token.created)}};
  if (token.expires) out["expires"] = base::format_time(*token.expires);
  if (token.last_used) out["last_used"] = base::format_time(*token.last_used);
  if (!token.account.empty()) out["account"] = token.account;
  return out;
}

std::string text_in(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains({field.data(), field.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<base::Time> time_in(const json::object& object, std::string_view field) {
  const auto time = base::parse_time(text_in(object, field));
  if (!time) return {};
  return *time;
}

base::Result<Token> damaged(std::string_view why) {
  return base::fail(base::ErrorKind::corrupt,
                    fmt::format("the file of tokens is damaged: {}", why));
}

base::Result<Token> read_token(const json::value& entry) {
  if (!entry.is_object()) return damaged("an entry is no object");
  const json::object& object = entry.get_object();
  Token token{.name = text_in(object, "name"), .hash = text_in(object, "hash"), .created = {}};
  const auto scope = parse_scope(text_in(object, "scope"));
  const auto created = time_in(object, "created");
  if (!is_name(token.name) || token.hash.size() != 2 * secret_octets || !scope || !created) {
    return damaged("an entry lacks what it needs");
  }
  token.scope = *scope;
  token.created = *created;
  token.last_used = time_in(object, "last_used");
  token.account = text_in(object, "account");
  if ((token.scope == Scope::send) == token.account.empty()) {
    return damaged("a token of scope send is of an account, and no other is");
  }
  if (object.if_contains("expires") == nullptr) return token;
  token.expires = time_in(object, "expires");
  // A token whose end cannot be read must not become one without an end.
  if (!token.expires) return damaged("the end of a token is no time");
  return token;
}

}  // namespace

std::string_view to_string(Scope scope) { return scope_names.at(static_cast<std::size_t>(scope)); }

std::optional<Scope> parse_scope(std::string_view text) {
  const auto* const found = std::ranges::find(scope_names, text);
  if (found == scope_names.end()) return {};
  return static_cast<Scope>(found - scope_names.begin());
}

bool allows(Scope has, Scope needed) {
  if (has == needed || has == Scope::admin) return true;
  return has == Scope::operate && needed == Scope::read;
}

std::string write_tokens(const std::vector<Token>& tokens) {
  std::string out = fmt::format("{{\"version\": {}, \"tokens\": [", format_version);
  bool first = true;
  for (const Token& token : tokens) {  // one a line, for people who look into the file
    out += first ? "\n" : ",\n";
    out += json::serialize(to_json(token));
    first = false;
  }
  return out + "\n]}\n";
}

base::Result<std::vector<Token>> read_tokens(std::string_view text) {
  json::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return std::unexpected(damaged("it is no JSON object").error());
  const json::value* version = value.get_object().if_contains("version");
  const json::value* entries = value.get_object().if_contains("tokens");
  if (version != nullptr && version->is_int64() && version->get_int64() > format_version) {
    return base::newer_format("the file of tokens", version->get_int64(), format_version);
  }
  if (version == nullptr || !version->is_int64() || version->get_int64() != format_version ||
      entries == nullptr || !entries->is_array() || entries->get_array().size() > tokens_max) {
    return std::unexpected(damaged("it is of another version").error());
  }
  std::vector<Token> tokens;
  for (const json::value& entry : entries->get_array()) {
    auto token = read_token(entry);
    if (!token) return std::unexpected(std::move(token.error()));
    tokens.push_back(std::move(*token));
  }
  return tokens;
}

base::Result<std::unique_ptr<Tokens>> Tokens::open(io::Files& files, std::string path) {
  std::unique_ptr<Tokens> out(new Tokens(files, std::move(path)));
  const auto text = io::read_file(files, out->path_, file_bytes_max);
  if (!text && text.error().kind == base::ErrorKind::not_found) return out;
  if (!text) return std::unexpected(text.error());
  auto tokens = read_tokens(*text);
  if (!tokens) {
    tokens.error().detail += fmt::format("; remove {} to begin without tokens", out->path_);
    return std::unexpected(std::move(tokens.error()));
  }
  out->tokens_ = std::move(*tokens);
  return out;
}

base::Result<> Tokens::save(std::vector<Token> tokens) {
  if (auto done = io::write_file(files_, path_, write_tokens(tokens), 0600); !done) return done;
  tokens_ = std::move(tokens);
  return {};
}

base::Result<std::string> Tokens::add(const Wish& wish, base::Time now, io::Random& random) {
  if (!is_name(wish.name)) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("a token's name is 1 to {} letters, digits, '-', '_' and '.', "
                                  "such as monitoring",
                                  token_name_bytes_max));
  }
  if ((wish.scope == Scope::send) == wish.account.empty()) {
    return base::fail(base::ErrorKind::invalid,
                      "a token of scope send is of one account, and only such a token: say scope "
                      "send and account you@example.org together");
  }
  if (std::ranges::find(tokens_, wish.name, &Token::name) != tokens_.end()) {
    return base::fail(base::ErrorKind::exists,
                      fmt::format("there is a token {} already; revoke it first", wish.name));
  }
  if (tokens_.size() >= tokens_max) {
    return base::fail(base::ErrorKind::limit,
                      fmt::format("there are {} tokens, which is the most", tokens_max));
  }
  std::string octets(secret_octets, '\0');
  random.fill(octets);
  std::string secret = std::string(prefix) + base::hex(octets);
  std::vector<Token> next = tokens_;
  next.push_back({.name = wish.name,
                  .hash = hash_of(secret),
                  .scope = wish.scope,
                  .created = now,
                  .expires = wish.expires,
                  .last_used = {},
                  .account = wish.account});
  std::ranges::sort(next, {}, &Token::name);
  if (auto done = save(std::move(next)); !done) return std::unexpected(std::move(done.error()));
  return secret;
}

base::Result<> Tokens::revoke(std::string_view name) {
  std::vector<Token> next = tokens_;
  if (std::erase_if(next, [&](const Token& token) { return token.name == name; }) == 0) {
    return base::fail(base::ErrorKind::not_found,
                      fmt::format("there is no token {}; `stagepost token list` shows them",
                                  base::printable(name, token_name_bytes_max)));
  }
  return save(std::move(next));
}

bool Tokens::is_good(std::string_view secret, base::Time now) const {
  if (!secret.starts_with(prefix)) return false;
  const auto found = std::ranges::find(tokens_, hash_of(secret), &Token::hash);
  return found != tokens_.end() && found->good(now);
}

std::optional<Token> Tokens::find(std::string_view secret, base::Time now) {
  if (!secret.starts_with(prefix)) return {};
  const auto found = std::ranges::find(tokens_, hash_of(secret), &Token::hash);
  if (found == tokens_.end() || !found->good(now)) return {};
  const bool noted = found->last_used && now - *found->last_used < use_noted_every;
  if (noted) return *found;
  std::vector<Token> next = tokens_;
  next[static_cast<std::size_t>(found - tokens_.begin())].last_used = now;
  Token token = *found;
  // Best effort: that a use could not be noted is no reason to refuse it.
  [[maybe_unused]] const auto saved = save(std::move(next));
  return token;
}

}  // namespace admin
