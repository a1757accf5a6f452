// lib/io/real/drop_box.h: a folder where every user of this host may leave a file, and only its
// owner sees what is there.
//
// What:    put() for those who leave something, the rest for the owner of the folder, a server.
// In/Out:  octets under a name that nobody guesses ↔ octets and the user whose file it is.
// Errors:  put(): what the kernel said; then nothing was left. take(): not_found when the file has
//          gone, limit when it is too large, invalid when it is none that put() leaves.
// Limits:  file_bytes_max of take(), max of names(). Blocks.
// Not here: what the octets mean.
//
// The folder has mode 3733 (or 1733): everybody may make names in it, nobody but the owner may list
// them, and nobody may rename or remove what is another's. Where the folder hands its group on
// (setgid), files are for their owner and that group alone; else others could read one whose name,
// of 128 random bits, they knew. put() writes under a name with a dot, syncs, renames, syncs the
// folder: what has a name without a dot is whole.
//
// Whatever somebody may put there is harmless: links are not followed, FIFOs and devices are not
// waited for, a file with a second name (a hard link to somebody else's) is not taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace io::real {

struct Dropped {
  std::string bytes;
  std::uint32_t user = 0;  // whose file it is: the kernel's word
  base::Time left;         // when it was last written to
};

class DropBox {
 public:
  explicit DropBox(std::string folder) : folder_(std::move(folder)) {}

  // The owner's: makes the folder, and its parent (0755), with the rights above.
  [[nodiscard]] base::Result<> open_to_all() const;
  // Safe on disk under `name` when it returns.
  [[nodiscard]] base::Result<> put(const std::string& name, std::string_view bytes) const;

  // What is whole, in any order; of more than `max` names some.
  [[nodiscard]] base::Result<std::vector<std::string>> names(std::size_t max) const;
  [[nodiscard]] base::Result<Dropped> take(const std::string& name,
                                           std::uint64_t file_bytes_max) const;
  [[nodiscard]] base::Result<> remove(const std::string& name) const;
  // Out of the way, into a folder beside that nobody else looks into and that keeps the last
  // set_aside_max; what is no file goes. False: it is a folder that is not empty, and has a dot
  // before its name now, so that names() does not see it.
  [[nodiscard]] base::Result<bool> set_aside(const std::string& name) const;
  // What was begun and not ended by then: its writer is dead.
  void remove_unfinished(base::Time before) const;

  static constexpr std::size_t set_aside_max = 100;
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string aside_folder() const { return folder_ + ".bad"; }

 private:
  void trim_aside() const;

  std::string folder_;
};

}  // namespace io::real
