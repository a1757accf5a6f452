// cli/postfix_files.h: where the files of a Postfix are that is moved in.
//
// What:    finds what main.cf names below the folder that was given: of a copy ROOT/etc/postfix
//          every path is looked for below ROOT; of any other folder /etc/postfix/… is looked for in
//          it, and the rest where it says.
// In/Out:  io::Files and the folder → postfix::Sources.
// Errors:  those of the files.
// Limits:  postfix::file_bytes_max.
// Not here: what is in the files (import/).
#pragma once

#include <string>

#include "import/postfix/table.h"
#include "lib/io/files.h"

namespace cli {

class PostfixFiles final : public postfix::Sources {
 public:
  // `folder` holds main.cf; without a slash at its end.
  PostfixFiles(io::Files& files, std::string folder);

  [[nodiscard]] base::Result<Text> read(const std::string& name) const override;
  [[nodiscard]] std::string key_problem(const std::string& certificate_path,
                                        const std::string& key_path) const override;
  [[nodiscard]] std::string path_of(const std::string& name) const;

 private:
  io::Files& files_;
  std::string folder_;
  std::string root_;  // of a copy of a whole system; empty: none
};

}  // namespace cli
