// See canonical_header.h.
#include "lib/mailauth/canonical_header.h"

#include "lib/base/text.h"

namespace mailauth {
namespace {

std::string_view without_line_end(std::string_view field) {
  if (field.ends_with('\n')) field.remove_suffix(1);
  if (field.ends_with('\r')) field.remove_suffix(1);
  return field;
}

// The value unfolded, runs of white space as one space, none at the ends. A CR that ends no line is
// an octet like any other.
void append_relaxed_value(std::string& out, std::string_view value) {
  bool pending_space = false;
  bool begun = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (base::is_space(c)) {
      pending_space = begun;
    } else if (c != '\n' && !(c == '\r' && i + 1 < value.size() && value[i + 1] == '\n')) {
      if (pending_space) out += ' ';
      out += c;
      pending_space = false;
      begun = true;
    }
  }
}

void append_relaxed(std::string& out, std::string_view field) {
  const std::size_t colon = field.find(':');
  std::string_view name = field.substr(0, colon);
  while (!name.empty() && base::is_space(name.back())) name.remove_suffix(1);
  for (const char c : name) out += base::to_lower(c);
  out += ':';
  if (colon != std::string_view::npos) append_relaxed_value(out, field.substr(colon + 1));
}

void append_field(std::string& out, std::string_view field, Canonicalization how) {
  if (how == Canonicalization::relaxed) {
    append_relaxed(out, field);
  } else {
    out += field;
  }
}

}  // namespace

std::string_view to_string(Canonicalization how) {
  return how == Canonicalization::relaxed ? "relaxed" : "simple";
}

void append_canonical_field(std::string& out, std::string_view whole, Canonicalization how) {
  append_field(out, without_line_end(whole), how);
  out += "\r\n";
}

void append_blanked_field(std::string& out, std::string_view whole, std::string_view blank,
                          Canonicalization how) {
  const std::string_view field = without_line_end(whole);
  const auto before = static_cast<std::size_t>(blank.data() - field.data());
  std::string without(field.substr(0, before));
  without += field.substr(before + blank.size());
  append_field(out, without, how);
}

FieldChooser::FieldChooser(const std::vector<message::FieldView>& fields) : fields_(fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].name.empty()) places_[base::lower(fields[i].name)].push_back(i);
  }
}

std::size_t FieldChooser::count(std::string_view lower_name) const {
  const auto found = places_.find(lower_name);
  return found == places_.end() ? 0 : found->second.size();
}

void FieldChooser::append_chosen(std::string& out, const std::vector<std::string>& lower_names,
                                 Canonicalization how) const {
  std::map<std::string_view, std::size_t> used;
  for (const std::string& name : lower_names) {
    const auto found = places_.find(name);
    if (found == places_.end()) continue;
    std::size_t& taken = used[name];
    if (taken == found->second.size()) continue;
    ++taken;
    const std::size_t place = found->second[found->second.size() - taken];
    append_canonical_field(out, fields_[place].whole, how);
  }
}

}  // namespace mailauth
