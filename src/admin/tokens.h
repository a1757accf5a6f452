// admin/tokens.h: the secrets by which programs use the HTTP API, and what each may do.
//
// What:    made, listed, revoked, found; kept in a file of the state folder, as hashes only.
// In/Out:  add() → the secret, shown once; find(secret) → its Token while it is good.
// Errors:  exists, not_found, invalid, limit; those of io::Files.
// Limits:  tokens_max; used on one loop, its short file is written there.
// Not here: which request needs which scope (catalogue.h), asking for it (api_gate.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/files.h"
#include "lib/io/random.h"

namespace admin {

inline constexpr std::size_t tokens_max = 1'000;
inline constexpr std::size_t token_name_bytes_max = 60;

// Of read, operate and admin each may do what the one before it may.
enum class Scope : std::uint8_t {
  read,     // look at everything but all of one person's data together
  operate,  // and act on the queue, bans, limits and reports
  admin,    // and change domains, people and keys, and send mail
  send,     // send mail as one account, look at what became of it, and nothing else
};
// Is a token of scope `has` enough for what needs `needed`?
[[nodiscard]] bool allows(Scope has, Scope needed);
[[nodiscard]] std::string_view to_string(Scope scope);
[[nodiscard]] std::optional<Scope> parse_scope(std::string_view text);

struct Token {
  std::string name;  // "monitoring"
  std::string hash;  // hex SHA-256 of the secret
  Scope scope = Scope::read;
  base::Time created;
  std::optional<base::Time> expires = {};
  std::optional<base::Time> last_used = {};  // to the hour
  std::string account = {};                  // of scope send: whose mail it sends

  [[nodiscard]] bool good(base::Time now) const { return !expires || now < *expires; }
};

// The file's text; `corrupt` when it was not written by write_tokens.
[[nodiscard]] std::string write_tokens(const std::vector<Token>& tokens);
[[nodiscard]] base::Result<std::vector<Token>> read_tokens(std::string_view text);

class Tokens {
 public:
  // A missing file is one without tokens.
  [[nodiscard]] static base::Result<std::unique_ptr<Tokens>> open(io::Files& files,
                                                                  std::string path);

  struct Wish {
    std::string name;
    Scope scope = Scope::read;
    std::optional<base::Time> expires = {};
    std::string account = {};  // of scope send
  };
  // "stagepost_" and 64 hexadecimal digits: 256 bits, so that a plain hash is enough to keep.
  base::Result<std::string> add(const Wish& wish, base::Time now, io::Random& random);
  base::Result<> revoke(std::string_view name);
  [[nodiscard]] const std::vector<Token>& all() const { return tokens_; }
  // nullopt: nobody's, or past its end. Notes the use.
  [[nodiscard]] std::optional<Token> find(std::string_view secret, base::Time now);
  // Would find() find it? Notes nothing.
  [[nodiscard]] bool is_good(std::string_view secret, base::Time now) const;

 private:
  Tokens(io::Files& files, std::string path) : files_(files), path_(std::move(path)) {}
  base::Result<> save(std::vector<Token> tokens);

  io::Files& files_;
  std::string path_;
  std::vector<Token> tokens_;  // by name
};

}  // namespace admin
