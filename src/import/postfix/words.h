// import/postfix/words.h: what is said about settings that no code takes over.
//
// What:    a sentence for each parameter of Postfix that has none of ours, or is so here anyway.
// In/Out:  name → Words; patterns such as "postscreen_*" for families.
// Errors:  none: an unknown name has words, too.
// Limits:  none.
// Not here: parameters that are taken over (take_*.cc).
#pragma once

#include <span>
#include <string_view>

#include "import/postfix/master_cf.h"
#include "import/postfix/plan.h"

namespace postfix {

struct Words {
  std::string_view names;  // separated by spaces; "*" at either end of one stands for any text
  Fate fate = Fate::different;
  std::string_view words;
};

// Of a parameter of main.cf; `words` is empty when nothing is known of the name.
[[nodiscard]] Words words_for(std::string_view name);
// Of one that a service of master.cf has for itself.
[[nodiscard]] Words words_for_service(const Service& service, std::string_view name,
                                      std::string_view value);
// Of one word of smtpd_recipient_restrictions and its kin.
[[nodiscard]] Words words_for_restriction(std::string_view word);

// The tables, one file each; the first that fits counts.
[[nodiscard]] std::span<const Words> words_about_clients();  // smtpd, postscreen, SASL, filters
[[nodiscard]] std::span<const Words> words_about_delivery();
[[nodiscard]] std::span<const Words> words_about_server();

}  // namespace postfix
