// See names.h.
#include "lib/dns/names.h"

#include "lib/base/text.h"

namespace dns {

std::string name_key(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return base::lower(name);
}

}  // namespace dns
