// See inspection.h.
#include "tools/bench/inspection.h"

#include <algorithm>

namespace bench {
namespace {

constexpr std::string_view end_of_header = "\r\n\r\n";

}  // namespace

void Inspection::feed(std::string_view octets) {
  bytes_ += octets.size();
  if (in_header_) octets = take_header(octets);
  sum_.add(octets);
}

// What is left of the octets for the body.
std::string_view Inspection::take_header(std::string_view octets) {
  // The whole of a small message comes at once: then nothing is copied.
  if (header_.empty()) {
    const std::size_t at = octets.substr(0, header_bytes_max).find(end_of_header);
    if (at != std::string_view::npos) {
      mark_ = find_mark(octets.substr(0, at + 2));
      in_header_ = false;
      return octets.substr(at + end_of_header.size());
    }
  }
  const std::size_t before = header_.size();
  const std::size_t looked_at = before < end_of_header.size() ? 0 : before - end_of_header.size();
  header_ += octets.substr(0, header_bytes_max - before);
  const std::size_t at = header_.find(end_of_header, looked_at);
  if (at != std::string::npos) {
    mark_ = find_mark(std::string_view(header_).substr(0, at + 2));
    in_header_ = false;
    return octets.substr(at + end_of_header.size() - before);
  }
  if (header_.size() == header_bytes_max) in_header_ = false;  // no mark, so foreign
  return {};
}

Finding Inspection::finish() {
  if (in_header_) mark_ = find_mark(header_);
  Finding finding{.bytes = bytes_};
  if (mark_) {
    finding.number = mark_->number;
    finding.kind = sum_.value() == mark_->sum ? Finding::Kind::intact : Finding::Kind::damaged;
  }
  *this = Inspection();
  return finding;
}

}  // namespace bench
