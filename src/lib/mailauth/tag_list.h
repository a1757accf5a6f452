// lib/mailauth/tag_list.h: tag=value lists (RFC 6376 §3.2): signatures, key records, ARC fields.
//
// What:    "v=1; a=rsa-sha256; …" → tags in order, each with its value and where it stands.
// In/Out:  text that outlives the list → TagList of views; helpers for the values' own lists.
// Errors:  invalid, with words, for whatever the grammar forbids: a tag twice, an empty tag, an
//          octet that no value may hold.
// Limits:  TagLimits.
// Not here: what the tags mean (dkim_signature.h, dkim_key.h, arc_set.h).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace mailauth {

struct Tag {
  std::string_view name;
  std::string_view value;  // without the folding white space at its ends
  std::string_view raw;    // all from "=" to ";" or the end
};

struct TagLimits {
  std::size_t list_bytes_max = 64UL * 1024;
  std::size_t tags_max = 64;
};

class TagList {
 public:
  [[nodiscard]] static base::Result<TagList> parse(std::string_view text, TagLimits limits = {});

  [[nodiscard]] const std::vector<Tag>& tags() const { return tags_; }
  // Names are case sensitive (§3.2); nullptr if there is none.
  [[nodiscard]] const Tag* find(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const;

 private:
  std::vector<Tag> tags_;
};

// Without any white space and line ends: base64 and numbers may be folded anywhere.
[[nodiscard]] std::string without_fws(std::string_view text);
// base64 with folding white space in it (RFC 6376 §2.10: padding may be missing); not empty.
[[nodiscard]] std::optional<std::string> unbase64_folded(std::string_view text);
// "a : b:c" → "a", "b", "c", empty parts too.
[[nodiscard]] std::vector<std::string_view> split_folded(std::string_view text, char separator);
// Is it one of the parts between colons? (q= of signatures; h=, s= and t= of key records)
[[nodiscard]] bool lists(std::string_view text, std::string_view wanted);

}  // namespace mailauth
