// See scenario_keys.h.
#include "tools/simulate/scenario_keys.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>

namespace simulate {
namespace {

using config::Codec;
using config::Value;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t many = 1'000'000'000;

template <class T, class Field>
Key<T> key(std::string name, Field T::* field, Codec<Field> codec) {
  return {
      .name = std::move(name),
      .set = [field, read = std::move(codec.read)](T& into, const Value& value) -> base::Result<> {
        auto got = read(value);
        if (!got) return std::unexpected(got.error());
        into.*field = std::move(*got);
        return {};
      }};
}

// A number that may have a fraction.
Codec<double> real_codec(double min, double max) {
  return {.kind = {},
          .read = [min, max](const Value& value) -> base::Result<double> {
            double number = value.real;
            if (value.kind == Value::Kind::integer) {
              number = static_cast<double>(value.integer);
            } else if (value.kind != Value::Kind::real) {
              return config::wrong_kind(value, "a number");
            }
            if (number >= min && number <= max) return number;
            return base::fail(base::ErrorKind::invalid,
                              fmt::format("{} is out of range; write {} to {}", number, min, max));
          },
          .show = {}};
}

Codec<double> part_codec() { return real_codec(1e-6, 1e6); }
Codec<double> share_codec() { return real_codec(0, 1); }

// Replies by what follows from them; others would be the same under another number.
Codec<unsigned> reply_codec(std::vector<unsigned> codes) {
  return {.kind = {},
          .read = [codes = std::move(codes)](const Value& value) -> base::Result<unsigned> {
            std::string words;
            for (const unsigned code : codes) {
              if (value.kind == Value::Kind::integer && value.integer == code) return code;
              words += fmt::format("{}{}", words.empty() ? "" : ", ", code);
            }
            return base::fail(base::ErrorKind::invalid, "write one of these numbers: " + words);
          },
          .show = {}};
}

std::vector<Key<Mail>> make_mail_keys() {
  return {key("messages", &Mail::messages, config::count_codec<std::uint64_t>(1, messages_max)),
          key("days", &Mail::days, config::count_codec<unsigned>(1, days_max)),
          key("domains", &Mail::domains, config::count_codec<unsigned>(1, domains_max)),
          key("pattern", &Mail::pattern,
              config::choice_codec<Pattern>({{"constant", Pattern::constant},
                                             {"daily", Pattern::daily},
                                             {"newsletter", Pattern::newsletter}})),
          key("zipf", &Mail::zipf, real_codec(0, 4)),
          key("burst_share", &Mail::burst_share, share_codec()),
          key("burst_every", &Mail::burst_every,
              config::duration_codec(hours(1), hours(24 * days_max))),
          key("burst_length", &Mail::burst_length, config::duration_codec(minutes(1), hours(24)))};
}

std::vector<Key<Provider>> make_way_keys() {
  return {
      key("name", &Provider::name, config::text_codec()),
      key("domains", &Provider::domains, part_codec()),
      key("mail", &Provider::mail, part_codec()),
      key("receivers", &Provider::receivers, config::count_codec<unsigned>(0, domains_max)),
      key("latency", &Provider::latency,
          config::duration_codec(std::chrono::milliseconds(1), seconds(30))),
      key("processing", &Provider::processing, config::duration_codec(seconds(0), minutes(10))),
      key("tarpit", &Provider::tarpit, config::duration_codec(seconds(0), minutes(5))),
      key("addresses", &Provider::addresses, config::count_codec<unsigned>(1, 100)),
      key("connections_max", &Provider::connections_max, config::count_codec<unsigned>(0, 100'000)),
      key("messages_per_connection_max", &Provider::messages_per_connection_max,
          config::count_codec<unsigned>(0, 1'000'000)),
      key("dead", &Provider::dead, config::flag_codec()),
      key("outage_every", &Provider::outage_every,
          config::duration_codec(seconds(0), hours(24 * days_max))),
      key("outage_for", &Provider::outage_for,
          config::duration_codec(minutes(1), hours(24 * days_max))),
      key("down", &Provider::down,
          config::choice_codec<Down>({{"timeout", Down::timeout}, {"refused", Down::refused}}))};
}

std::vector<Key<Provider>> make_limit_keys() {
  const auto number = config::count_codec<std::uint64_t>(0, many);
  return {
      key("rate_messages", &Provider::rate_messages, number),
      key("rate_window", &Provider::rate_window, config::duration_codec(seconds(1), hours(24))),
      key("rate_reply", &Provider::rate_reply, reply_codec({421, 450, 451})),
      key("warmup_messages", &Provider::warmup_messages, number),
      key("warmup_growth_percent", &Provider::warmup_growth_percent,
          config::count_codec<unsigned>(1, 1'000)),
      key("warmup_max", &Provider::warmup_max, number),
      key("greylist_delay", &Provider::greylist_delay,
          config::duration_codec(seconds(0), hours(24))),
      key("greylist_window", &Provider::greylist_window,
          config::duration_codec(minutes(1), hours(24 * 60))),
      key("greylist_known_after", &Provider::greylist_known_after,
          config::count_codec<unsigned>(0, 1'000'000)),
      key("block_after_refused", &Provider::block_after_refused, number),
      key("block_after_complaints", &Provider::block_after_complaints, number),
      key("block_for", &Provider::block_for, config::duration_codec(minutes(1), hours(24 * 60))),
      key("block_reply", &Provider::block_reply, reply_codec({421, 450, 451, 550, 554})),
      key("invalid", &Provider::invalid, share_codec()),
      key("full", &Provider::full, share_codec()),
      key("full_for", &Provider::full_for, config::duration_codec(minutes(1), hours(24 * 60))),
      key("complaints", &Provider::complaints, share_codec())};
}

std::vector<Key<Provider>> make_provider_keys() {
  std::vector<Key<Provider>> keys = make_way_keys();
  for (Key<Provider>& one : make_limit_keys()) keys.push_back(std::move(one));
  return keys;
}

}  // namespace

const std::vector<Key<Mail>>& mail_keys() {
  static const std::vector<Key<Mail>> keys = make_mail_keys();
  return keys;
}

const std::vector<Key<Provider>>& provider_keys() {
  static const std::vector<Key<Provider>> keys = make_provider_keys();
  return keys;
}

}  // namespace simulate
