// See receiver.h.
#include "tools/simulate/receiver.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "lib/base/check.h"

namespace simulate {
namespace {

using std::chrono::hours;

// Connect and greeting, EHLO, STARTTLS, the handshake, EHLO again.
constexpr int hello_round_trips = 5;
// MAIL, RCPT and DATA go together (RFC 2920), then the text.
constexpr int envelope_round_trips = 1;
constexpr int text_round_trips = 1;
constexpr double growth_max = 1e12;  // a limit that nobody reaches

smtp::Reply make_reply(Reason reason, unsigned code) {
  const std::uint16_t detail = code < 500 ? 0 : 1;
  smtp::EnhancedCode enhanced{static_cast<std::uint8_t>(code / 100), 7, detail};
  if (reason == Reason::none) enhanced = {2, 0, 0};
  if (reason == Reason::unreachable) enhanced = {4, 4, 1};
  if (reason == Reason::full) enhanced = {4, 2, 2};
  if (reason == Reason::invalid) enhanced = {5, 1, 1};
  return smtp::reply(static_cast<int>(code), enhanced, std::string(reason_name(reason)));
}

// All that a receiver can say. Made once: millions of answers point here.
const smtp::Reply& reply_of(Reason reason, unsigned code) {
  static constexpr std::array<unsigned, 7> codes = {250, 421, 450, 451, 452, 550, 554};
  static const std::vector<smtp::Reply> sayings = [] {
    std::vector<smtp::Reply> all;
    all.reserve(reason_count * codes.size());
    for (std::size_t i = 0; i < reason_count * codes.size(); ++i) {
      all.push_back(make_reply(static_cast<Reason>(i / codes.size()), codes.at(i % codes.size())));
    }
    return all;
  }();
  const auto* const at = std::ranges::find(codes, code);
  CHECK(at != codes.end(), "a receiver says what it can say");
  return sayings[static_cast<std::size_t>(reason) * codes.size() +
                 static_cast<std::size_t>(at - codes.begin())];
}

double even(io::Random& random) { return static_cast<double>(random.number() >> 11U) * 0x1.0p-53; }

// Mostly a little more than `usual`, seldom much more.
base::Duration about(base::Duration usual, io::Random& random) {
  const double factor = 0.8 - 0.2 * std::log(1 - even(random));
  return base::Duration(
      static_cast<base::Duration::rep>(static_cast<double>(usual.count()) * factor));
}

}  // namespace

std::string_view reason_name(Reason reason) {
  switch (reason) {
    case Reason::none: return "taken";
    case Reason::unreachable: return "unreachable";
    case Reason::connections: return "too many connections";
    case Reason::rate: return "rate limit";
    case Reason::warmup: return "warm-up limit";
    case Reason::greylisted: return "greylisted";
    case Reason::blocked: return "blocked";
    case Reason::full: return "mailbox full";
    case Reason::invalid: return "no such address";
  }
  return "unknown";
}

Reason reason_in(std::string_view reply) {
  for (std::size_t i = 0; i < reason_count; ++i) {
    const auto reason = static_cast<Reason>(i);
    if (reply.ends_with(reason_name(reason))) return reason;
  }
  return Reason::unreachable;
}

std::uint64_t& Receiver::Window::at(base::Duration now, base::Duration length) {
  if (begin.count() < 0 || now - begin >= length) *this = {.begin = now};
  return count;
}

bool Receiver::down(base::Duration now) const {
  if (provider_->dead) return true;
  if (provider_->outage_every.count() == 0) return false;
  const auto every = static_cast<double>(provider_->outage_every.count());
  const auto shift = base::Duration(static_cast<base::Duration::rep>(every * phase_));
  return (now + shift) % provider_->outage_every < provider_->outage_for;
}

Answer Receiver::connect(base::Duration now, io::Random& random) {
  Answer answer{.said_hello = false, .keeps_connection = false};
  const base::Duration hello = about(provider_->latency * hello_round_trips, random);
  if (down(now)) {
    answer.reason = Reason::unreachable;
    answer.reply = &reply_of(answer.reason, 451);
    // The caller knows how long it waits for an address that does not answer.
    answer.took = about(provider_->latency, random);
    return answer;
  }
  if (provider_->connections_max > 0 && connections_ >= provider_->connections_max) {
    answer.reason = Reason::connections;
    answer.reply = &reply_of(answer.reason, 421);
    answer.took = about(provider_->latency * 2, random);
    return answer;
  }
  // These two are said in place of the greeting (RFC 5321 §3.1, §4.3.2).
  const bool at_greeting = provider_->block_reply == 421 || provider_->block_reply == 554;
  if (blocked(now) && at_greeting) {
    answer.reason = Reason::blocked;
    answer.reply = &reply_of(answer.reason, provider_->block_reply);
    answer.took = about(provider_->latency * 2, random) + provider_->tarpit;
    return answer;
  }
  ++connections_;
  return {.reply = &reply_of(Reason::none, 250), .took = hello + provider_->tarpit};
}

void Receiver::closed() {
  CHECK(connections_ > 0, "what was open is closed");
  --connections_;
}

bool Receiver::ends_after(std::uint64_t messages) const {
  return provider_->messages_per_connection_max > 0 &&
         messages >= provider_->messages_per_connection_max;
}

Answer Receiver::mail(Letter& letter, base::Duration now, io::Random& random) {
  const Reason reason = judge(letter, now);
  const unsigned said = code(reason);
  Answer answer{.reason = reason, .reply = &reply_of(reason, said)};
  answer.said_hello = said != 421;
  answer.keeps_connection = said != 421 && said != 554;
  answer.took = about(provider_->latency * envelope_round_trips, random);
  if (reason == Reason::none) {
    answer.text_took = about(provider_->latency * text_round_trips + provider_->processing, random);
  }
  return answer;
}

Reason Receiver::judge(Letter& letter, base::Duration now) {
  if (met_.count() < 0) met_ = now;
  if (blocked(now)) return Reason::blocked;
  if (const auto refused = limit(now)) {
    const std::uint64_t count = ++refused_.at(now, provider_->rate_window);
    if (provider_->block_after_refused > 0 && count >= provider_->block_after_refused) block(now);
    return *refused;
  }
  if (greylists(letter, now)) return Reason::greylisted;
  if (letter.address < provider_->invalid) return Reason::invalid;
  if (letter.mailbox < provider_->full && now < letter.accepted + full_for(letter)) {
    return Reason::full;
  }
  ++rate_.at(now, provider_->rate_window);
  ++taken_today_;
  if (letter.temper < provider_->complaints) {
    const std::uint64_t count = ++complaints_.at(now, hours(24));
    if (provider_->block_after_complaints > 0 && count >= provider_->block_after_complaints) {
      block(now);
    }
  }
  return Reason::none;
}

std::optional<Reason> Receiver::limit(base::Duration now) {
  if (provider_->warmup_messages > 0) {
    const std::int64_t day = (now - met_) / hours(24);
    if (day != day_) taken_today_ = 0;
    day_ = day;
    if (taken_today_ >= warmup_limit(day)) return Reason::warmup;
  }
  if (provider_->rate_messages > 0 &&
      rate_.at(now, provider_->rate_window) >= provider_->rate_messages) {
    return Reason::rate;
  }
  return std::nullopt;
}

std::uint64_t Receiver::warmup_limit(std::int64_t day) const {
  const double growth = 1 + static_cast<double>(provider_->warmup_growth_percent) / 100;
  const double limit =
      static_cast<double>(provider_->warmup_messages) * std::pow(growth, static_cast<double>(day));
  if (limit >= static_cast<double>(provider_->warmup_max) || limit > growth_max) {
    return ~std::uint64_t{0};
  }
  return static_cast<std::uint64_t>(limit);
}

// The number that made it full says for how long, too: from nothing to twice the mean.
base::Duration Receiver::full_for(const Letter& letter) const {
  const double part = 2 * letter.mailbox / provider_->full;
  return base::Duration(
      static_cast<base::Duration::rep>(static_cast<double>(provider_->full_for.count()) * part));
}

bool Receiver::greylists(Letter& letter, base::Duration now) {
  if (provider_->greylist_delay.count() == 0) return false;
  if (provider_->greylist_known_after > 0 && passed_ >= provider_->greylist_known_after) {
    return false;
  }
  const base::Duration since = now - letter.first_tried;
  if (letter.first_tried.count() < 0 || since > provider_->greylist_window) {
    letter.first_tried = now;
    return true;
  }
  if (since < provider_->greylist_delay) return true;
  ++passed_;
  return false;
}

void Receiver::block(base::Duration now) {
  blocked_until_ = now + provider_->block_for;
  refused_ = {};
  complaints_ = {};
}

unsigned Receiver::code(Reason reason) const {
  switch (reason) {
    case Reason::rate:
    case Reason::warmup: return provider_->rate_reply;
    case Reason::greylisted: return 450;
    case Reason::blocked: return provider_->block_reply;
    case Reason::full: return 452;
    case Reason::invalid: return 550;
    default: return 250;
  }
}

}  // namespace simulate
