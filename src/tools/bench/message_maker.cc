// See message_maker.h.
#include "tools/bench/message_maker.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/check.h"
#include "lib/message/date.h"
#include "tools/bench/mark.h"

namespace bench {
namespace {

constexpr std::size_t bodies_max = 8;
constexpr std::size_t line_bytes = 78;  // RFC 5322 §2.1.1, with CRLF 80
constexpr std::string_view letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";

// xorshift64*: the same text for the same seed everywhere.
class Letters {
 public:
  explicit Letters(std::uint64_t seed) : state_(seed * 2 + 0x9e3779b97f4a7c15) {}
  char next() {
    state_ ^= state_ >> 12U;
    state_ ^= state_ << 25U;
    state_ ^= state_ >> 27U;
    return letters[(state_ * 0x2545f4914f6cdd1d) >> 58U];
  }

 private:
  std::uint64_t state_;
};

// Exactly this long, in whole lines; a rest too short for a line makes the last one longer.
std::string make_body(std::uint64_t size, std::uint64_t seed) {
  Letters source(seed);
  std::string body;
  body.reserve(size);
  while (body.size() < size) {
    const std::uint64_t left = size - body.size();
    const std::uint64_t line = left < line_bytes + 2 + 3 ? left : line_bytes + 2;
    for (std::uint64_t i = 2; i < line; ++i) body += source.next();
    body += "\r\n";
  }
  return body;
}

// 12 digits at most: from 10^12 on numbers begin anew.
void put_number(char* at, std::uint64_t number) {
  for (std::size_t i = mark_digits; i-- > 0; number /= 10) {
    at[i] = static_cast<char>('0' + number % 10);
  }
}

void put_sum(char* at, std::uint32_t sum) {
  for (std::size_t i = 8; i-- > 0; sum >>= 4U) at[i] = "0123456789abcdef"[sum & 15U];
}

}  // namespace

base::Result<MessageMaker> MessageMaker::make(const MessageOptions& options) {
  if (options.size > size_max) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("messages have at most {} octets", size_max));
  }
  MessageMaker maker;
  const std::string zeros = mark_text({.number = 0, .size = options.size, .sum = 0});
  const std::string number(mark_digits, '0');
  maker.header_ = fmt::format(
      "From: <{}>\r\nTo: <{}>\r\nSubject: bench {}\r\nDate: {}\r\n"
      "Message-ID: <{}.{:x}@{}>\r\n{}: {}\r\n\r\n",
      options.from, options.to, number, message::date_text(options.date), number, options.seed,
      options.host, mark_name, zeros);
  const std::uint64_t least = maker.header_.size() + 3;
  if (options.size < least) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("a message with its header has at least {} octets", least));
  }
  const std::string_view header = maker.header_;
  maker.number_at_ = {header.find("\nSubject: bench ") + 16, header.find("\nMessage-ID: <") + 14,
                      header.rfind("number=") + 7};
  maker.sum_at_ = header.rfind("sum=") + 4;
  const std::uint64_t body_bytes = options.size - header.size();
  const std::size_t count = std::clamp<std::uint64_t>(bodies_bytes_max / body_bytes, 1, bodies_max);
  for (std::size_t i = 0; i < count; ++i) {
    Body body{.text = make_body(body_bytes, options.seed * bodies_max + i), .sum = 0};
    Crc32c sum;
    sum.add(body.text);
    body.sum = sum.value();
    maker.bodies_.push_back(std::move(body));
  }
  return maker;
}

MessageMaker::Text MessageMaker::stamp(Draft& draft, std::uint64_t number) const {
  CHECK(draft.header.size() == header_.size(), "a draft belongs to one maker");
  const Body& body = bodies_[number % bodies_.size()];
  for (const std::size_t at : number_at_) put_number(draft.header.data() + at, number);
  put_sum(draft.header.data() + sum_at_, body.sum);
  return {.header = draft.header, .body = body.text};
}

}  // namespace bench
