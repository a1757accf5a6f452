// See multipart.h.
#include "lib/message/multipart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "lib/base/text.h"

namespace message {
namespace {

// RFC 2046 §5.1.1: at most 70 characters. "=_" can stand neither in base64 nor in quoted-printable.
std::string make_boundary(const std::vector<Part>& parts, std::string_view seed) {
  constexpr std::size_t seed_bytes_max = 40;
  std::string stem = "=_";
  for (const char c : seed.substr(0, seed_bytes_max)) {
    stem += base::is_alpha(c) || base::is_digit(c) ? c : '_';
  }
  for (std::size_t n = 1;; ++n) {
    std::string boundary = fmt::format("{}_{}", stem, n);
    const bool taken = std::ranges::any_of(parts, [&](const Part& part) {
      return part.header.contains(boundary) || part.body.contains(boundary);
    });
    if (!taken) return boundary;
  }
}

}  // namespace

Multipart write_multipart(std::string_view type, const std::vector<Part>& parts,
                          std::string_view seed) {
  const std::string boundary = make_boundary(parts, seed);
  Multipart out;
  out.content_type = fmt::format("{};\r\n\tboundary=\"{}\"", type, boundary);
  out.body = "This is a MIME-encapsulated message.\r\n";
  for (const Part& part : parts) {
    // The CRLF in front of a boundary belongs to it: bodies come out exactly as they went in.
    out.body += fmt::format("\r\n--{}\r\n{}\r\n{}", boundary, part.header, part.body);
  }
  out.body += fmt::format("\r\n--{}--\r\n", boundary);
  return out;
}

}  // namespace message
