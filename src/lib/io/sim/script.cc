// See script.h.
#include "lib/io/sim/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/check.h"

namespace io::sim {

namespace {

std::string end_word(const base::Error& error) {
  switch (error.kind) {
    case base::ErrorKind::closed: return "<closed>";
    case base::ErrorKind::reset: return "<reset>";
    case base::ErrorKind::cancelled: return "<cancelled>";
    default: return "<" + error.text() + ">";
  }
}

bool matches(std::string_view line, std::string_view pattern) {
  if (pattern.ends_with('*')) return line.starts_with(pattern.substr(0, pattern.size() - 1));
  return line == pattern;
}

}  // namespace

Task<bool> Peer::more() {
  if (!end_.empty()) co_return false;
  if (stream_ == nullptr) {
    end_ = "<closed>";
    co_return false;
  }
  std::array<char, 8192> bytes{};
  auto count = co_await stream_->read_some(bytes);
  if (!count) {
    end_ = end_word(count.error());
    co_return false;
  }
  buffer_.append(bytes.data(), *count);
  co_return true;
}

Task<std::string> Peer::read_line() {
  std::size_t end = buffer_.find('\n');
  while (end == std::string::npos) {
    CHECK(buffer_.size() <= line_bytes_max, "a scripted peer got a line without end");
    if (!co_await more()) co_return buffer_.empty() ? end_ : std::exchange(buffer_, {});
    end = buffer_.find('\n');
  }
  std::string line = buffer_.substr(0, end);
  if (line.ends_with('\r')) line.pop_back();
  buffer_.erase(0, end + 1);
  co_return line;
}

Task<std::string> Peer::read_reply() {
  std::string reply;
  while (true) {
    const std::string line = co_await read_line();
    reply += line;
    // RFC 5321 §4.2.1: a hyphen after the code says that another line follows.
    if (line.size() < 4 || line[3] != '-') co_return reply;
    reply += '\n';
  }
}

Task<std::string> Peer::read_bytes(std::size_t bytes) {
  while (buffer_.size() < bytes) {
    if (!co_await more()) break;
  }
  std::string out = buffer_.substr(0, bytes);
  buffer_.erase(0, out.size());
  co_return out;
}

Task<std::string> Peer::read_all() {
  bool going = true;
  while (going) going = co_await more();
  co_return std::exchange(buffer_, {});
}

Task<bool> Peer::send(std::string text) {
  if (stream_ == nullptr) co_return false;
  auto written = co_await stream_->write(std::string_view(text));
  co_return written.has_value();
}

Task<std::string> Peer::command(std::string text) {
  co_await send(std::move(text) + "\r\n");
  co_return co_await read_reply();
}

Task<std::unique_ptr<Peer>> dial(Ref<Network> network, Endpoint to) {
  auto stream = co_await network->connect(to, std::nullopt);
  CHECK(stream.has_value(), "a scripted peer must be able to connect");
  co_return std::make_unique<Peer>(std::move(*stream));
}

Task<std::string> play(Peer* peer, std::vector<std::string> lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    CHECK(line.starts_with("C: ") || line.starts_with("S: "), "a script line is C: or S:");
    const std::string text = line.substr(3);
    if (line.starts_with("C: ")) {
      if (co_await peer->send(text + "\r\n")) continue;
      co_return fmt::format("line {}: could not send: {}", i + 1, text);
    }
    const std::string got = co_await peer->read_line();
    if (!matches(got, text)) {
      co_return fmt::format("line {}: expected \"{}\", got \"{}\"", i + 1, text, got);
    }
  }
  co_return std::string();
}

}  // namespace io::sim
