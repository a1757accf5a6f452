// tools/simulate/scenario_keys.h: every key of a scenario: its name, its range, where it goes.
//
// What:    two tables, of [mail] and of [[provider]].
// In/Out:  mail_keys(), provider_keys() → keys with a set() each.
// Errors:  set() says what is wrong with a value and how to write it.
// Limits:  none.
// Not here: walking the file (scenario.cc), how values are written (config/codec.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/codec.h"
#include "config/suggest.h"
#include "config/tree.h"
#include "tools/simulate/scenario.h"

namespace simulate {

template <class T>
struct Key {
  std::string name;
  std::function<base::Result<>(T&, const config::Value&)> set;
};

[[nodiscard]] const std::vector<Key<Mail>>& mail_keys();
[[nodiscard]] const std::vector<Key<Provider>>& provider_keys();

// What to say of a key that there is not.
template <class T>
[[nodiscard]] std::string unknown(std::string_view key, const std::vector<Key<T>>& keys) {
  std::vector<std::string> names;
  names.reserve(keys.size());
  for (const Key<T>& one : keys) names.push_back(one.name);
  const std::string meant = config::nearest(key, names);
  return meant.empty() ? "there is no such key; remove it, or see docs/simulate.md"
                       : "there is no such key; did you mean " + meant + "?";
}

}  // namespace simulate
