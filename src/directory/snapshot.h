// directory/snapshot.h: the directory in memory, as the mail's way reads it.
//
// What:    builds an immutable Snapshot (directory.h) of hash maps from the Store's contents.
// In/Out:  Store or Contents, and limits → shared_ptr<const Snapshot>.
// Errors:  the Store's. A row that cannot be read as an address is left out.
// Limits:  alias_recipients_max, alias_depth_max (settings.h). Measured: 7 MB and 10 ms for 10,000
//          accounts, 515 MB and 2.7 s for a million.
// Not here: swapping it (live_directory.h).
//
// postmaster@ (RFC 5321 §4.5.1) and abuse@ (RFC 2142 §4) of our domains are always known: a mailbox
// or alias of that name, else the catch-all, else an administrator's mailbox in that domain, else
// its first mailbox, else the same of all our domains; when there is none, expand() says so in
// `problem` and the mail waits. <postmaster> without a domain is that of our first domain.
//
// Who is meant is looked for in this order: the whole name, an SRS address, the name without its
// +detail, postmaster and abuse, the names of the domain that this one is another name of, the
// catch-all. An alias NAME with an owner-NAME beside it is a list: what its members do not take
// goes back to owner-NAME.
#pragma once

#include <memory>

#include "directory/directory.h"
#include "directory/settings.h"
#include "directory/srs/srs.h"
#include "directory/store.h"
#include "lib/base/result.h"

namespace directory {

[[nodiscard]] std::shared_ptr<const Snapshot> make_snapshot(
    Contents contents, const Settings& settings = {}, std::shared_ptr<const Srs> srs = nullptr);
[[nodiscard]] base::Result<std::shared_ptr<const Snapshot>> make_snapshot(
    Store& store, const Settings& settings = {});

}  // namespace directory
