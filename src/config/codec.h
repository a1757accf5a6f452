// config/codec.h: how one value is written in the file: read it, show it, name its kind.
//
// What:    a Codec<T> per kind of value: text, count, size, duration, flag, choice, address, lists.
// In/Out:  Value ↔ T; show() writes what read() accepts.
// Errors:  invalid: what is wrong and how to write it, without file, line and key (load.cc adds
//          them).
// Limits:  the bounds given to it; list_items_max.
// Not here: which setting has which codec (table_*.cc).
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/tree.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/address.h"
#include "lib/io/service_place.h"

namespace config {

inline constexpr std::size_t list_items_max = 1'000;

template <class T>
struct Codec {
  std::string kind;  // for the docs: "duration", "one of mx, submission"
  std::function<base::Result<T>(const Value&)> read;
  std::function<std::string(const T&)> show;
};

[[nodiscard]] std::unexpected<base::Error> wrong_kind(const Value& value, std::string_view wanted);
[[nodiscard]] std::string in_quotes(std::string_view text);

// Any text without control characters.
[[nodiscard]] Codec<std::string> text_codec(std::string kind = "text");
// Of a section that there may be many of: there a path is not completed from the home.
[[nodiscard]] Codec<std::string> absolute_path_codec();
[[nodiscard]] Codec<std::string> host_codec();        // a host name
[[nodiscard]] Codec<std::string> route_host_codec();  // a host name, an IP address or empty
[[nodiscard]] Codec<std::string> route_domain_codec();
[[nodiscard]] Codec<std::string> sender_codec();  // "an@example.org", "@example.org", "<>"
[[nodiscard]] Codec<std::string> certificate_name_codec();  // a host name, or "*." and a domain
[[nodiscard]] Codec<std::string> name_server_codec();       // an IP address, or one with a port
[[nodiscard]] Codec<std::string> word_codec(std::vector<std::string> words);
[[nodiscard]] Codec<bool> flag_codec();
[[nodiscard]] Codec<std::uint64_t> size_codec(std::uint64_t min, std::uint64_t max);
[[nodiscard]] Codec<base::Duration> duration_codec(base::Duration min, base::Duration max);
[[nodiscard]] Codec<io::Endpoint> endpoint_codec();
[[nodiscard]] Codec<io::ServicePlace> service_codec();  // empty: none
[[nodiscard]] Codec<io::IpNetwork> network_codec();
[[nodiscard]] Codec<io::IpAddress> address_codec();
[[nodiscard]] Codec<std::optional<io::IpAddress>> source_codec(bool v6);
[[nodiscard]] Codec<unsigned> file_mode_codec();

// A whole number in [min, max].
[[nodiscard]] base::Result<std::uint64_t> read_number(const Value& value, std::uint64_t min,
                                                      std::uint64_t max);
template <class T>
[[nodiscard]] Codec<T> count_codec(std::uint64_t min, std::uint64_t max) {
  return {.kind = fmt::format("number, {} to {}", min, max),
          .read = [min, max](const Value& value) -> base::Result<T> {
            auto number = read_number(value, min, max);
            if (!number) return std::unexpected(number.error());
            return static_cast<T>(*number);
          },
          .show = [](const T& number) { return fmt::to_string(number); }};
}
[[nodiscard]] inline Codec<std::uint16_t> port_codec() {
  return count_codec<std::uint16_t>(1, std::numeric_limits<std::uint16_t>::max());
}

// One of some words that stand for values.
template <class T>
[[nodiscard]] Codec<T> choice_codec(std::vector<std::pair<std::string, T>> choices) {
  std::vector<std::string> words;
  words.reserve(choices.size());
  for (const auto& [word, value] : choices) words.push_back(word);
  Codec<std::string> text = word_codec(words);
  return {.kind = text.kind,
          .read = [choices, text](const Value& value) -> base::Result<T> {
            auto read = text.read(value);
            if (!read) return std::unexpected(read.error());
            for (const auto& [word, choice] : choices) {
              if (word == *read) return choice;
            }
            return choices.front().second;  // not reached: text lets only the words through
          },
          .show =
              [choices](const T& wanted) {
                for (const auto& [word, choice] : choices) {
                  if (choice == wanted) return in_quotes(word);
                }
                return std::string();
              }};
}

// A list of them; one alone may be written without brackets.
template <class T>
[[nodiscard]] Codec<std::vector<T>> list_codec(Codec<T> item, std::size_t items_min = 0) {
  using List = std::vector<T>;
  return {.kind = fmt::format("list of: {}", item.kind),
          .read = [item, items_min](const Value& value) -> base::Result<List> {
            const std::vector<Value> alone(value.kind == Value::Kind::list ? 0 : 1, value);
            const auto& values = value.kind == Value::Kind::list ? value.list : alone;
            if (values.size() < items_min || values.size() > list_items_max) {
              return base::fail(base::ErrorKind::invalid,
                                fmt::format("has {} items; write {} to {} of them", values.size(),
                                            items_min, list_items_max));
            }
            List out;
            for (const Value& one : values) {
              auto read = item.read(one);
              if (!read) return std::unexpected(read.error());
              out.push_back(std::move(*read));
            }
            return out;
          },
          .show =
              [item](const List& list) {
                std::string out;
                for (const T& one : list) {
                  out += out.empty() ? "" : ", ";
                  out += item.show(one);
                }
                return fmt::format("[{}]", out);
              }};
}

// A codec for another number type.
template <class To, class From>
[[nodiscard]] Codec<To> as(Codec<From> codec) {
  return {.kind = codec.kind,
          .read = [codec](const Value& value) -> base::Result<To> {
            auto read = codec.read(value);
            if (!read) return std::unexpected(read.error());
            return static_cast<To>(*read);
          },
          .show = [codec](const To& value) { return codec.show(static_cast<From>(value)); }};
}

}  // namespace config
