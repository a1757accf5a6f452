// See mime.h.
#include "lib/message/mime.h"

#include <algorithm>
#include <utility>

#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/message/content_type.h"

namespace message {
namespace {

// A longer line that begins like a boundary is none.
constexpr std::size_t boundary_line_bytes_max = boundary_bytes_max + 100;

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_mailbox_line(std::string_view line) {
  return line.starts_with("From ") || line.starts_with(">From ");
}

bool is_field(std::string_view line) {
  const auto fields = read_header(line);
  return !fields.empty() && !fields.front().name.empty();
}

MimeSpan span_of(const FieldView* field, std::string_view header, std::uint64_t offset) {
  if (field == nullptr) return {};
  return {.offset = offset + static_cast<std::uint64_t>(field->whole.data() - header.data()),
          .length = field->whole.size()};
}

}  // namespace

bool MimePart::identity() const {
  return encoding.empty() || encoding == "7bit" || encoding == "8bit" || encoding == "binary";
}

MimeScanner::MimeScanner(MimeListener* listener, MimeLimits limits)
    : listener_(listener), limits_(limits) {
  CHECK(limits_.parts_max > 0, "a message is a part");
  begin_part(MimePart::none);
}

void MimeScanner::feed(std::string_view chunk) {
  while (!chunk.empty()) chunk.remove_prefix(take(chunk));
}

void MimeScanner::finish() {
  while (!held_.empty()) take_line();
  while (state_ == State::header) end_header();
  emit_line_end();
  end_leaf();
}

// --- lines ---------------------------------------------------------------------------------------

// Takes a part of the chunk: up to the end of a line, or all of it.
std::size_t MimeScanner::take(std::string_view chunk) {
  if (state_ != State::header && open_.empty()) {  // nothing more to look for
    emit_line_end();
    emit(std::exchange(held_, {}));
    emit(chunk);
    return chunk.size();
  }
  const std::size_t end = chunk.find('\n');
  const bool ended = end != std::string_view::npos;
  const std::string_view text = chunk.substr(0, end);
  if (holding_ && state_ != State::header && held_.empty() && !chunk.starts_with('-')) {
    holding_ = false;
  }
  if (!holding_) {
    pass(text);
    if (ended) pass_line_end();
    return text.size() + (ended ? 1 : 0);
  }
  const std::size_t header_room =
      limits_.header_bytes_max - std::min(header_.size(), limits_.header_bytes_max);
  const std::size_t room = state_ == State::header ? header_room : boundary_line_bytes_max;
  const std::size_t fits = std::min(text.size(), room - std::min(room, held_.size()));
  held_ += text.substr(0, fits);
  if (fits == text.size() && ended) {
    held_ += '\n';
    take_line();
    return fits + 1;
  }
  if (fits < text.size() && (state_ == State::header || may_be_boundary(held_))) {
    give_up();
  } else if (state_ != State::header && !may_be_boundary(held_)) {
    holding_ = false;
    pass(std::exchange(held_, {}));
  }
  return fits;
}

// held_ is a whole line, or the last one of the message.
void MimeScanner::take_line() {
  if (state_ == State::header) return header_line();
  const std::string line = std::exchange(held_, {});
  if (boundary_line(line)) return;
  if (open_.empty()) {  // it gave up
    emit_line_end();
    emit(line);
    return;
  }
  const bool ended = line.ends_with('\n');
  pass(std::string_view(line).substr(0, line.size() - (ended ? 1 : 0)));
  if (ended) pass_line_end();
}

// Text of a line, without its LF. What may be the beginning of its end is kept back.
void MimeScanner::pass(std::string_view text) {
  if (text.empty()) return;
  emit_line_end();
  const bool cr = text.back() == '\r';
  emit(text.substr(0, text.size() - (cr ? 1 : 0)));
  if (cr) line_end_ = "\r";
}

void MimeScanner::pass_line_end() {
  if (line_end_.ends_with('\n')) emit_line_end();  // an empty line
  line_end_ += '\n';
  holding_ = true;
}

void MimeScanner::emit_line_end() {
  if (!line_end_.empty()) emit(std::exchange(line_end_, {}));
}

void MimeScanner::emit(std::string_view octets) {
  if (octets.empty()) return;
  if (listener_ != nullptr) {
    if (state_ == State::body) {
      listener_->leaf_octets(octets);
    } else {
      listener_->other_octets(octets);
    }
  }
  offset_ += octets.size();
  line_ += static_cast<std::uint64_t>(std::ranges::count(octets, '\n'));
}

// --- boundaries ----------------------------------------------------------------------------------

bool MimeScanner::may_be_boundary(std::string_view line) const {
  constexpr std::string_view dashes = "--";
  if (line.size() <= dashes.size()) return dashes.starts_with(line);
  if (!line.starts_with(dashes)) return false;
  const std::string_view rest = line.substr(dashes.size());
  return std::ranges::any_of(open_, [&](const Open& open) {
    return rest.starts_with(open.boundary) || open.boundary.starts_with(rest);
  });
}

bool MimeScanner::boundary_line(std::string_view line) {
  std::string_view rest = without_line_end(line);
  if (open_.empty() || !rest.starts_with("--")) return false;
  rest.remove_prefix(2);
  while (!rest.empty() && base::is_space(rest.back())) rest.remove_suffix(1);
  for (std::size_t level = open_.size(); level-- > 0;) {
    const std::string& boundary = open_[level].boundary;
    const bool closes = rest.size() == boundary.size() + 2 && rest.ends_with("--");
    if (rest.starts_with(boundary) && (closes || rest.size() == boundary.size())) {
      next_part(level, closes, line);
      return true;
    }
  }
  // RFC 2046 §5.1.1 lets a reader compare the beginning of a line only; where that makes a
  // difference, one reader's part is another's text.
  if (std::ranges::any_of(open_, [&](const Open& o) { return rest.starts_with(o.boundary); })) {
    give_up();
  }
  return false;
}

void MimeScanner::next_part(std::size_t level, bool closes, std::string_view line) {
  while (state_ == State::header) end_header();
  end_leaf();
  state_ = State::other;
  emit_line_end();
  emit(line);
  current_ = open_[level].part;
  open_.resize(level + (closes ? 0 : 1));
  holding_ = true;
  if (!closes) begin_part(current_);
}

// Whatever comes is not looked at any more.
void MimeScanner::give_up() {
  parts_[current_].opaque = true;
  if (state_ == State::header) {
    line_ -= static_cast<std::uint64_t>(std::ranges::count(header_, '\n'));
    parts_[current_].body.offset = parts_[current_].header.offset;
    state_ = State::other;
    offset_ = parts_[current_].header.offset;
    emit(std::exchange(header_, {}));
  }
  end_leaf();
  open_.clear();
}

void MimeScanner::end_leaf() {
  if (state_ != State::body) return;
  MimePart& part = parts_[current_];
  part.body.length = offset_ - part.body.offset;
  state_ = State::other;
  if (listener_ != nullptr) listener_->leaf_ended(part);
}

// --- parts ---------------------------------------------------------------------------------------

void MimeScanner::begin_part(std::uint32_t parent) {
  if (parts_.size() >= limits_.parts_max) return give_up();
  MimePart part;
  part.parent = parent;
  part.type = "text/plain";  // RFC 2045 §5.2
  if (parent != MimePart::none) {
    const MimePart& above = parts_[parent];
    if (above.type == "multipart/digest") part.type = "message/rfc822";  // RFC 2046 §5.1.5
    part.sealed = above.sealed;
    part.embedded = above.embedded || above.kind == MimePart::Kind::message;
  }
  part.header.offset = offset_;
  current_ = static_cast<std::uint32_t>(parts_.size());
  parts_.push_back(std::move(part));
  header_.clear();
  state_ = State::header;
  holding_ = true;
}

std::size_t MimeScanner::depth(std::uint32_t part) const {
  std::size_t depth = 0;
  for (; parts_[part].parent != MimePart::none; part = parts_[part].parent) ++depth;
  return depth;
}

void MimeScanner::header_line() {
  const std::string line = std::exchange(held_, {});
  const bool empty = without_line_end(line).empty();
  // A boundary ends the part, though it has no body.
  if (!empty && boundary_line(line)) return;
  if (state_ != State::header) return emit(line);  // it gave up
  // A mailbox file's line counts as one only if a field follows.
  const bool nothing_yet = header_.empty() || only_mailbox_line();
  const bool odd = base::is_space(line.front()) ? nothing_yet : !is_field(line);
  const bool stray = empty ? only_mailbox_line() : odd;
  const bool first = parts_.size() == 1 && header_.empty() && is_mailbox_line(line);
  if (stray && current_ == 0 && !first) return end_header_at(line);
  // Below the top nobody knows whether a reader takes it for a field or for the body.
  if (stray && current_ != 0) parts_[current_].opaque = true;
  offset_ += line.size();
  ++line_;
  if (empty) return end_header();
  header_ += line;
}

bool MimeScanner::only_mailbox_line() const {
  return current_ == 0 && is_mailbox_line(header_) && !is_field(header_) &&
         header_.find('\n') + 1 == header_.size();
}

// The message's own header ends without an empty line: this one is the first of the body, or what
// looked like a mailbox file's line before it is.
void MimeScanner::end_header_at(std::string_view line) {
  std::string text(line);
  if (only_mailbox_line()) {
    offset_ -= header_.size();
    --line_;
    text.insert(0, std::exchange(header_, {}));
  }
  end_header();
  feed(text);
}

void MimeScanner::end_header() {
  const std::uint32_t index = current_;
  MimePart& part = parts_[index];
  part.header.length = header_.size();
  part.body = {.offset = offset_, .length = 0};
  const auto fields =
      read_header(header_, {.header_bytes_max = header_.size(), .fields_max = header_.size() + 1});
  const std::string boundary = read_fields(part, fields);
  state_ = part.kind == MimePart::Kind::leaf ? State::body : State::other;
  if (listener_ != nullptr) listener_->part_begins(part, fields);
  holding_ = true;
  if (part.kind == MimePart::Kind::multipart)
    open_.push_back({.part = index, .boundary = boundary});
  if (part.kind == MimePart::Kind::message) begin_part(index);
}

// Gives the boundary of a multipart.
std::string MimeScanner::read_fields(MimePart& part, const std::vector<FieldView>& fields) {
  const FieldView* type = find_field(fields, "Content-Type");
  const FieldView* encoding = find_field(fields, "Content-Transfer-Encoding");
  part.type_field = span_of(type, header_, part.header.offset);
  part.encoding_field = span_of(encoding, header_, part.header.offset);
  if (encoding != nullptr) part.encoding = first_token(encoding->value);
  part.opaque = part.opaque || count_fields(fields, "Content-Type") > 1 ||
                count_fields(fields, "Content-Transfer-Encoding") > 1;
  std::string boundary;
  if (type != nullptr) {
    const auto value = parse_content_type(type->value);
    // RFC 2045 §5.2: what cannot be understood counts as text/plain.
    part.opaque = part.opaque || !value;
    part.type = value ? value->type : "text/plain";
    const std::string* charset = value ? value->parameter("charset") : nullptr;
    if (charset != nullptr) part.charset = base::lower(*charset);
    const std::string* given = value && value->whole ? value->parameter("boundary") : nullptr;
    if (given != nullptr) boundary = *given;
  }
  const bool multipart = part.type.starts_with("multipart/");
  if (part.type == "multipart/signed" || part.type == "multipart/encrypted") part.sealed = true;
  const bool enters = !part.opaque && part.identity() && depth(current_) < limits_.depth_max;
  if (multipart) {
    const bool usable = !boundary.empty() && boundary.size() <= boundary_bytes_max &&
                        std::ranges::none_of(open_, [&](const Open& open) {
                          return open.boundary == boundary || open.boundary + "--" == boundary;
                        });
    part.opaque = !enters || !usable;
    if (!part.opaque) part.kind = MimePart::Kind::multipart;
  } else if (part.type == "message/rfc822" && enters) {
    part.kind = MimePart::Kind::message;
  }
  return boundary;
}

}  // namespace message
