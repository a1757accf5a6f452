// trace/person.h: what events say of one person.
//
// What:    finds an address, its +detail and its log-ins in the texts of events, and puts "erased"
//          in their place, with the addresses of the clients that the person used.
// In/Out:  StoredEvent → is the person named; → the event without the person.
// Errors:  none. Forms that are not its address (a name in a reply's text) are not known.
// Limits:  those of record.h.
// Not here: the files (store.h, reader.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "trace/record.h"

namespace trace {

struct EraseReport {
  std::size_t events = 0;  // that named the person
  std::size_t files = 0;   // that were rewritten
};

class Person {
 public:
  // `pseudonym`: the address as redacted events have it (redact.h); empty: as it is.
  explicit Person(std::string_view address, std::string_view pseudonym = {});

  [[nodiscard]] bool named_in(const StoredEvent& event) const;
  // True when something was changed.
  bool erase_from(StoredEvent& event) const;
  [[nodiscard]] std::string erased(std::string_view text) const;
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  struct Place {
    std::size_t begin = std::string_view::npos;
    std::size_t end = 0;
  };
  [[nodiscard]] Place find(std::string_view text, std::size_t from) const;
  [[nodiscard]] std::size_t begin_of(std::string_view text, std::size_t at) const;
  [[nodiscard]] static std::size_t begin_of(std::string_view text, std::size_t at,
                                            std::string_view local);
  [[nodiscard]] std::size_t end_of(std::string_view text, std::size_t at) const;

  std::string address_;
  std::vector<std::string> locals_;  // lower case: of the address, and of its pseudonym
  std::string domain_;
};

}  // namespace trace
