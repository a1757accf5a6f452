// admin/web_files.h: the web interface's files, which the binary carries, over HTTP.
//
// What:    WebFiles answers GET and HEAD below /admin/ from a table: types, ETag, gzip, caching,
//          and the header fields that tell a browser to let nothing else in.
// In/Out:  http::Request → http::Response; paths that name no file are the interface's own pages
//          and get index.html.
// Errors:  404 for assets that there are not (of an older version), 405 for other methods.
// Limits:  what is not in the table cannot be asked for: there is no file system behind it.
// Not here: how the table is made (cmake/web.cmake), what the pages ask (api.h).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/http/message.h"

namespace admin {

struct WebFile {
  std::string_view name;  // "index.html", "assets/index-1a2b3c4d.js"
  std::string_view type;  // media type
  std::string_view hash;  // of its octets: its ETag
  std::string_view octets;
  std::string_view gzip;  // the same, compressed; empty: that is no gain
};

// What was embedded at build time; empty when it was built without.
[[nodiscard]] std::span<const WebFile> web_files();

class WebFiles {
 public:
  explicit WebFiles(std::span<const WebFile> files) : files_(files) {}

  // "/", "/admin" and what is below it.
  [[nodiscard]] static bool is_path(std::string_view path);
  [[nodiscard]] http::Response answer(const http::Request& request) const;

 private:
  [[nodiscard]] const WebFile* find(std::string_view name) const;
  [[nodiscard]] http::Response give(const WebFile& file, const http::Request& request) const;

  std::span<const WebFile> files_;
};

}  // namespace admin
