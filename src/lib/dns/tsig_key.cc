// See tsig_key.h.
#include "lib/dns/tsig_key.h"

#include <optional>
#include <vector>

#include "lib/base/text.h"
#include "lib/dns/names.h"

namespace dns {
namespace {

constexpr std::string_view algorithm = "hmac-sha256";
constexpr std::string_view remedy =
    "`tsig-keygen -a hmac-sha256 NAME` (BIND) or `keymgr -t NAME hmac-sha256` (Knot) makes a file "
    "that can be read";

struct Parts {
  std::string algorithm{dns::algorithm};
  std::string name;
  std::string secret;
};

std::unexpected<base::Error> bad(std::string words) {
  return base::fail(base::ErrorKind::invalid, std::move(words) + "; " + std::string(remedy));
}

// Words, quoted texts without their quotes, and braces and semicolons apart; no comments.
std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) out.push_back(std::exchange(word, {}));
  };
  bool in_quotes = false;
  for (const std::string_view line : base::split(text, '\n')) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      const bool comment = c == '#' || (c == '/' && line.substr(i, 2) == "//");
      if (!in_quotes && word.empty() && comment) break;
      if (c == '"') {
        in_quotes = !in_quotes;
      } else if (!in_quotes && (c == '{' || c == '}' || c == ';')) {
        end_word();
        out.emplace_back(1, c);
      } else if (!in_quotes && (c == ' ' || c == '\t' || c == '\r')) {
        end_word();
      } else {
        word += c;
      }
    }
    end_word();
  }
  return out;
}

// key "name" { algorithm hmac-sha256; secret "…"; };
std::optional<Parts> read_block(const std::vector<std::string>& tokens) {
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (tokens[i] != "key" || tokens[i + 2] != "{") continue;
    Parts parts{.name = tokens[i + 1], .secret = {}};
    for (std::size_t at = i + 3; at + 1 < tokens.size() && tokens[at] != "}"; ++at) {
      if (tokens[at] == "algorithm") parts.algorithm = tokens[at + 1];
      if (tokens[at] == "secret") parts.secret = tokens[at + 1];
    }
    return parts;
  }
  return std::nullopt;
}

// key: - id: name / algorithm: … / secret: …, as in knot.conf.
std::optional<Parts> read_yaml(const std::vector<std::string>& tokens) {
  Parts parts;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i] == "id:" && parts.name.empty()) parts.name = tokens[i + 1];
    if (tokens[i] == "algorithm:") parts.algorithm = tokens[i + 1];
    if (tokens[i] == "secret:" && parts.secret.empty()) parts.secret = tokens[i + 1];
  }
  if (parts.name.empty() && parts.secret.empty()) return std::nullopt;
  return parts;
}

// [algorithm:]name:secret
std::optional<Parts> read_line(const std::vector<std::string>& tokens) {
  if (tokens.size() != 1) return std::nullopt;
  const auto fields = base::split(tokens.front(), ':');
  if (fields.size() < 2 || fields.size() > 3) return std::nullopt;
  Parts parts{.name = std::string(fields[fields.size() - 2]), .secret = std::string(fields.back())};
  if (fields.size() == 3) parts.algorithm = fields.front();
  return parts;
}

}  // namespace

base::Result<TsigKey> parse_tsig_key(std::string_view text) {
  const auto tokens = tokens_of(text);
  auto parts = read_block(tokens);
  if (!parts) parts = read_yaml(tokens);
  if (!parts) parts = read_line(tokens);
  if (!parts) return bad("it holds no key");
  std::string used = name_key(parts->algorithm);
  if (used.starts_with("hmac-sha256.")) used = algorithm;  // as some write it out
  if (used != algorithm) {
    return base::fail(base::ErrorKind::unsupported, "it is of " + base::printable(used) +
                                                        ", and only hmac-sha256 is spoken; " +
                                                        std::string(remedy));
  }
  if (parts->name.empty()) return bad("the key has no name");
  const auto secret = base::unbase64(parts->secret);
  if (!secret || secret->empty()) return bad("the key's secret is not base64");
  return TsigKey{.name = name_key(parts->name), .secret = *secret};
}

base::Result<TsigKey> parse_tsig_secret(std::string_view text, std::string_view name) {
  const std::string_view alone = base::trim(text);
  if (const auto secret = base::unbase64(alone); secret && !secret->empty()) {
    if (name.empty()) return bad("it holds a secret without the key's name");
    return TsigKey{.name = name_key(name), .secret = *secret};
  }
  return parse_tsig_key(text);
}

}  // namespace dns
