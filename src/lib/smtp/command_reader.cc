// See command_reader.h.
#include "lib/smtp/command_reader.h"

namespace smtp {

CommandReader::Status CommandReader::feed(std::string_view& input) {
  if (ended_) {
    ended_ = false;
    partial_.clear();
    fault_ = LineFault::none;
  }
  line_ = {};
  while (!input.empty()) {
    const std::size_t end = input.find('\n');
    const std::string_view part = input.substr(0, end);
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    if (partial_.size() + part.size() + 1 > line_bytes_max_) fault_ = LineFault::too_long;
    const bool with_cr = part.empty() ? last_was_cr_ : part.ends_with('\r');
    if (end == std::string_view::npos) {
      last_was_cr_ = with_cr;
      keep(part);
      continue;
    }
    last_was_cr_ = false;
    // Too long a line goes on to its CRLF, whatever is in it.
    if (fault_ == LineFault::too_long && !with_cr) continue;
    return end_line(part, with_cr);
  }
  return Status::need_more;
}

// A line that is refused needs no bytes, only its end.
void CommandReader::keep(std::string_view part) {
  if (fault_ == LineFault::too_long) {
    partial_.clear();
  } else {
    partial_ += part;
  }
}

// `part` is the last part of the line, without LF.
CommandReader::Status CommandReader::end_line(std::string_view part, bool with_cr) {
  ended_ = true;
  if (!with_cr || after_bare_lf_) {
    // What follows a bare LF may be somebody's forged command, so all of it up to the next CRLF is
    // refused too, with one answer per line end.
    after_bare_lf_ = !with_cr;
    if (fault_ == LineFault::none) fault_ = LineFault::bare_lf;
    return Status::fault;
  }
  if (fault_ != LineFault::none) return Status::fault;
  if (!partial_.empty()) {
    partial_ += part;
    part = partial_;
  }
  part.remove_suffix(1);
  if (part.contains('\r')) {
    fault_ = LineFault::bare_cr;
  } else if (part.contains('\0')) {
    fault_ = LineFault::nul;
  } else {
    line_ = part;
  }
  return fault_ == LineFault::none ? Status::line : Status::fault;
}

Reply CommandReader::reply() const {
  switch (fault_) {
    case LineFault::bare_lf:
      return smtp::reply(500, {5, 5, 2}, "A line ends with CRLF, not with a bare LF");
    case LineFault::bare_cr: return smtp::reply(500, {5, 5, 2}, "A bare CR in the command line");
    case LineFault::nul: return smtp::reply(500, {5, 5, 2}, "A NUL octet in the command line");
    case LineFault::too_long: return smtp::reply(500, {5, 5, 2}, "The command line is too long");
    case LineFault::none: break;
  }
  return smtp::reply(500, {5, 5, 2}, "The command line cannot be read");
}

void CommandReader::reset() {
  partial_.clear();
  line_ = {};
  fault_ = LineFault::none;
  ended_ = false;
  last_was_cr_ = false;
  after_bare_lf_ = false;
}

}  // namespace smtp
