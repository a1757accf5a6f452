// See postfix_files.h.
#include "cli/postfix_files.h"

#include <utility>

#include "config/config.h"
#include "import/postfix/lines.h"
#include "server/home.h"

namespace cli {
namespace {

constexpr std::string_view usual_folder = "/etc/postfix";

}  // namespace

PostfixFiles::PostfixFiles(io::Files& files, std::string folder)
    : files_(files), folder_(std::move(folder)) {
  if (folder_.ends_with(usual_folder)) {
    root_ = folder_.substr(0, folder_.size() - usual_folder.size());
  }
}

std::string PostfixFiles::path_of(const std::string& name) const {
  if (name.starts_with(folder_ + "/")) return name;
  if (!name.starts_with('/')) return folder_ + "/" + name;
  if (name.starts_with(std::string(usual_folder) + "/")) {
    return folder_ + name.substr(usual_folder.size());
  }
  return root_ + name;
}

base::Result<postfix::Sources::Text> PostfixFiles::read(const std::string& name) const {
  const std::string path = path_of(name);
  auto text = io::read_file(files_, path, postfix::file_bytes_max);
  if (!text) return std::unexpected(text.error());
  return Text{.file = path, .text = std::move(*text)};
}

// As the server will see them, which does not look below the root of a copy.
std::string PostfixFiles::key_problem(const std::string& certificate_path,
                                      const std::string& key_path) const {
  config::Config config;
  config.session.certificate_path = certificate_path;
  config.session.key_path = key_path;
  const auto good = server::check_keys(config);
  return good ? std::string() : good.error().detail;
}

}  // namespace cli
