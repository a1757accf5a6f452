// directory/text_map.h: hash maps and sets of names, searched by views of them.
//
// What:    TextMap and TextSet by a text, NamedSet of things that hold their own name.
// In/Out:  –
// Errors:  none.
// Limits:  none.
// Not here: which names count as the same (names.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "directory/directory.h"

namespace directory {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

using TextSet = std::unordered_set<std::string, TextHash, std::equal_to<>>;

// Log-ins and mailboxes are found by the name that they hold, so it is kept once.
struct ByName {
  using is_transparent = void;
  static std::string_view name_of(std::string_view text) { return text; }
  static std::string_view name_of(const Login& login) { return login.name; }
  static std::string_view name_of(const Mailbox& mailbox) { return mailbox.address; }
  template <class T>
  std::size_t operator()(const T& thing) const {
    return std::hash<std::string_view>{}(name_of(thing));
  }
  template <class T, class U>
  bool operator()(const T& a, const U& b) const {
    return name_of(a) == name_of(b);
  }
};
template <class T>
using NamedSet = std::unordered_set<T, ByName, ByName>;

}  // namespace directory
