// See bare_loop.h: the two kinds of connections.
#include "lib/base/text.h"
#include "tools/bench/bare_loop.h"

namespace bench {
namespace {

// "MAIL FROM:<a@b> SIZE=1" → "MAIL FROM:<a@b>\r\n": the relay is not asked what it offers.
std::string address_part(std::string_view line) {
  const std::size_t end = line.find('>');
  return std::string(line.substr(0, end == std::string_view::npos ? end : end + 1)) + "\r\n";
}

bool starts(std::string_view line, std::string_view verb) { return base::istarts_with(line, verb); }

}  // namespace

void BareInbound::greet() { out_ = "220 bare ESMTP\r\n"; }

void BareInbound::on_news() {
  send();
  if (loop_.crowded()) {
    loop_.pause(*this);
    return;
  }
  // Until the socket is empty: the poller tells of new octets only.
  for (std::string_view octets; receive(octets);) {
    take(octets);
    if (octets.size() < loop_.buffer().size()) break;  // the rest comes with another edge
  }
}

void BareInbound::committed() {
  committing_ = false;
  out_ += "250 2.0.0 Safe\r\n";
  const std::string held = std::exchange(held_, {});
  take(held);
  send();
}

void BareInbound::take(std::string_view octets) {
  while (!octets.empty() && !dead_) {
    if (committing_) {
      held_ += octets;
      return;
    }
    octets = in_text_ ? take_text(octets) : take_line(octets);
  }
  if (!committing_) send();
}

// What is left for commands.
std::string_view BareInbound::take_text(std::string_view octets) {
  std::string& text = message_.text;
  const std::size_t seen = text.size();
  text += octets;
  const std::size_t end = find_end_of_text(text, seen);
  if (end == std::string::npos) {
    if (text.size() > text_bytes_max) die();
    return {};
  }
  const std::size_t left = text.size() - end;
  text.resize(end);
  in_text_ = false;
  committing_ = true;
  message_.envelope += "DATA\r\n";
  loop_.finished(*this, std::exchange(message_, {}));
  return octets.substr(octets.size() - left);
}

std::string_view BareInbound::take_line(std::string_view octets) {
  const std::size_t end = octets.find('\n');
  if (end == std::string_view::npos) {
    line_ += octets;
    if (line_.size() > line_bytes_max) die();
    return {};
  }
  if (line_.empty()) {
    command(base::trim(octets.substr(0, end)));
  } else {
    line_ += octets.substr(0, end);
    command(base::trim(std::exchange(line_, {})));
  }
  return octets.substr(end + 1);
}

void BareInbound::command(std::string_view line) {
  if (starts(line, "MAIL")) {
    message_ = {.envelope = address_part(line), .recipients = 0, .text = {}};
    out_ += "250 2.1.0 Ok\r\n";
  } else if (starts(line, "RCPT") && !message_.envelope.empty()) {
    message_.envelope += address_part(line);
    ++message_.recipients;
    out_ += "250 2.1.5 Ok\r\n";
  } else if (starts(line, "DATA") && message_.recipients > 0) {
    in_text_ = true;
    out_ += "354 Go ahead\r\n";
  } else if (starts(line, "EHLO")) {
    out_ += "250-bare\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SIZE 67108864\r\n";
  } else if (starts(line, "HELO") || starts(line, "NOOP")) {
    out_ += "250 bare\r\n";
  } else if (starts(line, "RSET")) {
    message_ = {};
    out_ += "250 2.0.0 Ok\r\n";
  } else if (starts(line, "QUIT")) {
    out_ += "221 2.0.0 Bye\r\n";
    send();
    die();
  } else {
    out_ += "503 5.5.1 Not now, or never\r\n";
  }
}

void BareRelay::on_news() {
  send();
  for (std::string_view octets; receive(octets);) {
    codes_.feed(octets);
    while (const auto code = codes_.next()) on_reply(*code);
    if (octets.size() < loop_.buffer().size()) break;
  }
}

void BareRelay::give(BareMessage message) {
  message_ = std::move(message);
  state_ = State::envelope;
  replies_wanted_ = message_.recipients + 2;
  refused_ = false;
  out_ += message_.envelope;
  send();
}

void BareRelay::on_reply(int code) {
  answered_ = true;
  switch (state_) {
    case State::greeting:
      out_ += "EHLO bare.example.net\r\n";
      state_ = State::hello;
      if (code != 220) die();
      break;
    case State::hello:
      state_ = State::idle;
      if (code != 250) die();
      break;
    case State::idle: die(); break;
    case State::envelope:
      refused_ = refused_ || code >= 400 || code == 0;
      if (--replies_wanted_ > 0) return;
      if (refused_) return die();  // no retry, and no ceremony
      body_ = message_.text;
      state_ = State::text;
      break;
    case State::text: end_message(code == 250); break;
  }
  send();
}

void BareRelay::end_message(bool good) {
  state_ = State::idle;
  loop_.relay_done(message_.text.size(), good);
  message_ = {};
}

void BareRelay::lose() {
  body_ = {};
  if (state_ == State::envelope || state_ == State::text) end_message(false);
}

}  // namespace bench
