// lib/io/real/owner.h: root goes on as the owner of what it works on.
//
// What:    gives up root's rights for those of the user whom a folder belongs to, with his groups,
//          for good: what the process makes from then on is his, and a link that he has planted
//          there leads root nowhere.
// In/Out:  become_owner(path): of the folder, or of the nearest above it that is there.
// Errors:  denied and others, when the kernel does not let us; then nothing may be written.
// Limits:  only root changes; others, and root in root's own folders, stay who they are.
// Not here: which folder counts (server/home.h).
#pragma once

#include <string>

#include "lib/base/result.h"

namespace io::real {

[[nodiscard]] base::Result<> become_owner(std::string path);

}  // namespace io::real
