// See contact_tables.h.
#include "policy/state/contact_tables.h"

#include <bit>

#include "policy/state/sql_rows.h"

namespace policy {

using base::Result;
using directory::Statement;

Result<> save_contacts(directory::Database& database, const StateChanges& changes) {
  const auto by_hash = [](Statement& s, const ContactRow& row) {
    s.bind(row.account).bind(std::bit_cast<std::int64_t>(row.hash));
  };
  const auto by_domain = [](Statement& s, const ContactDomainRow& row) {
    s.bind(row.account).bind(row.domain);
  };
  auto done = for_each(database, "DELETE FROM contacts WHERE account = ? AND hash = ?",
                       changes.contacts.gone, by_hash);
  if (done) {
    done = for_each(database, "INSERT OR REPLACE INTO contacts VALUES (?, ?, ?, ?)",
                    changes.contacts.set, [&by_hash](Statement& s, const ContactRow& row) {
                      by_hash(s, row);
                      s.bind(std::int64_t{row.day}).bind(std::int64_t{row.written});
                    });
  }
  if (done) {
    done = for_each(database, "DELETE FROM contact_domains WHERE account = ? AND domain = ?",
                    changes.contact_domains.gone, by_domain);
  }
  if (!done) return done;
  return for_each(database, "INSERT OR REPLACE INTO contact_domains VALUES (?, ?, ?)",
                  changes.contact_domains.set,
                  [&by_domain](Statement& s, const ContactDomainRow& row) {
                    by_domain(s, row);
                    s.bind(std::int64_t{row.day});
                  });
}

Result<> load_contacts(directory::Database& database, StateImage& image) {
  auto done = each(database, "SELECT account, hash, day, written FROM contacts",
                   [&image](const Statement& s) {
                     image.contacts.push_back({.account = s.text(0),
                                               .hash = std::bit_cast<std::uint64_t>(s.number(1)),
                                               .day = static_cast<std::uint32_t>(s.number(2)),
                                               .written = s.number(3) != 0});
                   });
  if (!done) return done;
  return each(database, "SELECT account, domain, day FROM contact_domains",
              [&image](const Statement& s) {
                image.contact_domains.push_back({.account = s.text(0),
                                                 .domain = s.text(1),
                                                 .day = static_cast<std::uint32_t>(s.number(2))});
              });
}

}  // namespace policy
