// lib/io/real/owner.h: root goes on as the owner of what it works on.
//
// What:    gives up root's rights for those of the user whom a folder belongs to, with his groups:
//          what the process makes from then on is his, and a link that he has planted there leads
//          root nowhere.
// In/Out:  become_owner(path): of the folder, or of the nearest above it that is there; for good.
//          AsOwner: until it ends. give_to(): the other way round.
// Errors:  denied and others, when the kernel does not let us; then nothing may be written.
// Limits:  only root changes; others, and root in root's own folders, stay who they are.
// Not here: which folder counts (server/home.h).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace io::real {

[[nodiscard]] base::Result<> become_owner(std::string path);

// Root takes its rights back when this ends: for reading what is the owner's and writing what is
// not. Whatever could take over the process could take them, too.
class AsOwner {
 public:
  [[nodiscard]] static base::Result<AsOwner> of(std::string path);
  AsOwner(AsOwner&& other) noexcept : groups_(std::exchange(other.groups_, std::nullopt)) {}
  AsOwner& operator=(AsOwner&&) = delete;
  AsOwner(const AsOwner&) = delete;
  AsOwner& operator=(const AsOwner&) = delete;
  ~AsOwner();

 private:
  AsOwner() = default;
  std::optional<std::vector<unsigned>> groups_;  // that root had; none: nothing was changed
};

// The name of who owns it, or his number; empty when it is not there.
[[nodiscard]] std::string owner_of(const std::string& path);
// `user`: a name or a number. Only root can. not_found: nobody has that name here.
[[nodiscard]] base::Result<> give_to(const std::string& path, const std::string& user);
// The file stays root's; who is in the user's own group may read it.
[[nodiscard]] base::Result<> share_with(const std::string& path, const std::string& user);
[[nodiscard]] bool is_root();

}  // namespace io::real
