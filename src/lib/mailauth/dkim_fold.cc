// See dkim_fold.h.
#include "lib/mailauth/dkim_fold.h"

#include "lib/base/text.h"

namespace mailauth {

TagWriter::TagWriter(std::string_view field_name) : text_(field_name) { text_ += ": "; }

void TagWriter::fold() {
  text_ += "\r\n\t";
  line_start_ = text_.size() - 1;
}

void TagWriter::begin(std::string_view name, std::size_t first_part_bytes) {
  if (!first_) text_ += ';';
  // "; " NAME "=" and what comes, and the ";" after it.
  const std::size_t wanted = 1 + name.size() + 1 + first_part_bytes + 1;
  if (!first_ && text_.size() - line_start_ + wanted > line_bytes_max) {
    fold();
  } else if (!first_) {
    text_ += ' ';
  }
  first_ = false;
  text_ += name;
  text_ += '=';
}

void TagWriter::part(std::string_view part) {
  if (text_.size() - line_start_ + part.size() > line_bytes_max) fold();
  text_ += part;
}

void TagWriter::tag(std::string_view name, std::string_view value) {
  begin(name, value.size());
  text_ += value;
}

void TagWriter::list(std::string_view name, const std::vector<std::string>& parts) {
  begin(name, parts.empty() ? 0 : parts.front().size() + 1);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    part(i + 1 < parts.size() ? parts[i] + ":" : parts[i]);
  }
}

void TagWriter::octets(std::string_view name, std::string_view octets) {
  // Whether the tag begins on a new line must not depend on its value, for the "simple" form.
  constexpr std::size_t enough_to_begin = 8;
  const std::string coded = base::base64(octets);
  std::string_view rest = coded;
  begin(name, enough_to_begin);
  while (!rest.empty()) {
    const std::size_t used = text_.size() - line_start_;
    if (used + 1 >= line_bytes_max) {
      fold();
      continue;
    }
    const std::string_view now = rest.substr(0, line_bytes_max - 1 - used);  // a ";" may follow
    text_ += now;
    rest.remove_prefix(now.size());
  }
}

base::Result<std::string> TagWriter::signed_with(const PrivateKey& key, std::string octets,
                                                 Canonicalization form) {
  TagWriter unsigned_field = *this;
  unsigned_field.octets("b", {});
  const std::string_view whole = unsigned_field.text_;
  append_blanked_field(octets, whole, whole.substr(whole.size()), form);
  const auto signature = key.sign(sha256(octets));
  if (!signature) return std::unexpected(signature.error());
  this->octets("b", *signature);
  return text_ + "\r\n";
}

}  // namespace mailauth
