// See codec.h.
#include "config/codec.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "lib/base/size.h"
#include "lib/base/text.h"

namespace config {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

constexpr std::size_t text_bytes_max = 4'096;
constexpr std::size_t host_bytes_max = 255;  // RFC 5321 §4.5.3.1.2
constexpr std::size_t label_bytes_max = 63;  // RFC 1035 §2.3.4

std::string shown(std::string_view text) { return in_quotes(base::printable(text, 100)); }

Result<std::string> read_text(const Value& value) {
  if (value.kind != Value::Kind::text) return wrong_kind(value, "a text in quotes");
  if (value.text.size() > text_bytes_max) {
    return fail(ErrorKind::invalid,
                fmt::format("is longer than {} octets; make it shorter", text_bytes_max));
  }
  for (const char c : value.text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      return fail(ErrorKind::invalid, "contains a control character; remove it");
    }
  }
  return value.text;
}

// Letters, digits, - and _ between dots (RFC 5321 §4.1.2), not an IP address.
bool is_host(std::string_view text) {
  if (text.empty() || text.size() > host_bytes_max || io::IpAddress::parse(text)) return false;
  return std::ranges::all_of(base::split(text, '.'), [](std::string_view label) {
    return !label.empty() && label.size() <= label_bytes_max && !label.starts_with('-') &&
           !label.ends_with('-') && std::ranges::all_of(label, [](char c) {
             return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_';
           });
  });
}

// A codec of texts that have to satisfy `read`, which may change them.
Codec<std::string> text_with(std::string kind,
                             std::function<Result<std::string>(const std::string&)> check) {
  return {.kind = std::move(kind),
          .read = [check = std::move(check)](const Value& value) -> Result<std::string> {
            auto text = read_text(value);
            if (!text) return text;
            return check(*text);
          },
          .show = [](const std::string& text) { return in_quotes(text); }};
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::unexpected<base::Error> wrong_kind(const Value& value, std::string_view wanted) {
  return fail(ErrorKind::invalid, fmt::format("is {}; write {}", kind_name(value.kind), wanted));
}

Result<std::uint64_t> read_number(const Value& value, std::uint64_t min, std::uint64_t max) {
  if (value.kind != Value::Kind::integer) return wrong_kind(value, "a whole number");
  if (value.integer < 0 || static_cast<std::uint64_t>(value.integer) < min ||
      static_cast<std::uint64_t>(value.integer) > max) {
    return fail(ErrorKind::invalid,
                fmt::format("{} is out of range; write {} to {}", value.integer, min, max));
  }
  return static_cast<std::uint64_t>(value.integer);
}

Codec<std::string> text_codec(std::string kind) {
  return text_with(std::move(kind),
                   [](const std::string& text) -> Result<std::string> { return text; });
}

Codec<std::string> absolute_path_codec() {
  Codec<std::string> codec = text_codec("absolute path");
  codec.read = [read = codec.read](const Value& value) -> base::Result<std::string> {
    auto text = read(value);
    if (!text || text->empty() || text->starts_with('/')) return text;
    return base::fail(base::ErrorKind::invalid,
                      "is not an absolute path; write it like \"/etc/aliases\"");
  };
  return codec;
}

Codec<std::string> host_codec() {
  return text_with("host name", [](const std::string& text) -> Result<std::string> {
    if (is_host(text)) return base::lower(text);
    return fail(ErrorKind::invalid,
                fmt::format("{} is not a host name; write the full name, such as "
                            "\"mail.example.org\"",
                            shown(text)));
  });
}

Codec<std::string> route_host_codec() {
  return text_with("host name or [IP address]", [](const std::string& text) -> Result<std::string> {
    if (text.empty() || is_host(text)) return base::lower(text);
    std::string_view address = text;
    if (address.starts_with('[') && address.ends_with(']')) {
      address = address.substr(1, address.size() - 2);
    }
    if (const auto ip = io::IpAddress::parse(address)) return fmt::format("[{}]", ip->text());
    return fail(
        ErrorKind::invalid,
        fmt::format("{} is neither a host name nor an IP address; write \"relay.example.org\" "
                    "or \"[192.0.2.1]\"",
                    shown(text)));
  });
}

Codec<std::string> route_domain_codec() {
  return text_with("domain, .domain or *", [](const std::string& text) -> Result<std::string> {
    const std::string_view name = text;
    if (name == "*" || is_host(name.starts_with('.') ? name.substr(1) : name)) {
      return base::lower(text);
    }
    return fail(ErrorKind::invalid,
                fmt::format("{} is not a domain; write \"example.org\", \".example.org\" for its "
                            "subdomains or \"*\" for all",
                            shown(text)));
  });
}

Codec<std::string> sender_codec() {
  return text_with("address, @domain or <>", [](const std::string& text) -> Result<std::string> {
    constexpr std::string_view no_local = "\"\\<>()[],;: \t@";
    const std::size_t at = std::min(text.rfind('@'), text.size());
    const bool plain =
        std::string_view(text).substr(0, at).find_first_of(no_local) == std::string_view::npos;
    if (text == "<>" || (at < text.size() && plain && is_host(text.substr(at + 1)))) return text;
    return fail(
        ErrorKind::invalid,
        fmt::format("{} is no sender; write \"an@example.org\", \"@example.org\" for all of a "
                    "domain, or \"<>\" for reports, which have none",
                    shown(text)));
  });
}

Codec<std::string> certificate_name_codec() {
  return text_with("host name or *.domain", [](const std::string& text) -> Result<std::string> {
    const std::string_view name = text;
    if (is_host(name.starts_with("*.") ? name.substr(2) : name)) return base::lower(text);
    return fail(ErrorKind::invalid,
                fmt::format("{} is not a host name; write \"mail.example.org\", or "
                            "\"*.example.org\" for every name below",
                            shown(text)));
  });
}

Codec<std::string> name_server_codec() {
  return text_with("IP address, with :port if not 53",
                   [](const std::string& text) -> Result<std::string> {
                     if (io::IpAddress::parse(text) || io::Endpoint::parse(text)) return text;
                     return fail(ErrorKind::invalid,
                                 fmt::format("{} is not an IP address; write \"192.0.2.53\" or "
                                             "\"127.0.0.1:5353\"",
                                             shown(text)));
                   });
}

Codec<std::string> word_codec(std::vector<std::string> words) {
  std::string list;
  for (const auto& word : words) list += (list.empty() ? "" : ", ") + in_quotes(word);
  return text_with("one of " + list, [words, list](const std::string& text) -> Result<std::string> {
    if (std::ranges::find(words, text) != words.end()) return text;
    return fail(ErrorKind::invalid,
                fmt::format("{} is none of its words; write one of {}", shown(text), list));
  });
}

Codec<bool> flag_codec() {
  return {.kind = "true or false",
          .read = [](const Value& value) -> Result<bool> {
            if (value.kind != Value::Kind::boolean) return wrong_kind(value, "true or false");
            return value.boolean;
          },
          .show = [](const bool& flag) { return std::string(flag ? "true" : "false"); }};
}

Codec<std::uint64_t> size_codec(std::uint64_t min, std::uint64_t max) {
  const auto show = [](const std::uint64_t& bytes) {
    // The largest unit without a fraction: what is shown can be written.
    constexpr std::array<std::pair<std::string_view, std::uint64_t>, 6> units = {
        {{"GiB", 1ULL << 30U},
         {"GB", 1'000'000'000},
         {"MiB", 1ULL << 20U},
         {"MB", 1'000'000},
         {"KiB", 1ULL << 10U},
         {"KB", 1'000}}};
    for (const auto& [unit, size] : units) {
      if (bytes != 0 && bytes % size == 0) return fmt::format("\"{}{}\"", bytes / size, unit);
    }
    return fmt::format("\"{}B\"", bytes);
  };
  return {.kind = fmt::format("size, {} to {}", base::format_size(min), base::format_size(max)),
          .read = [min, max](const Value& value) -> Result<std::uint64_t> {
            std::uint64_t bytes = 0;
            if (value.kind == Value::Kind::integer && value.integer >= 0) {
              bytes = static_cast<std::uint64_t>(value.integer);  // octets
            } else if (value.kind == Value::Kind::text) {
              auto size = base::parse_size(value.text);
              if (!size) return std::unexpected(size.error());
              bytes = *size;
            } else {
              return wrong_kind(value, "a size such as \"50MB\" or \"64MiB\"");
            }
            if (bytes < min || bytes > max) {
              return fail(
                  ErrorKind::invalid,
                  fmt::format("{} is out of range; write {} to {}", base::format_size(bytes),
                              base::format_size(min), base::format_size(max)));
            }
            return bytes;
          },
          .show = show};
}

Codec<base::Duration> duration_codec(base::Duration min, base::Duration max) {
  return {
      .kind =
          fmt::format("duration, {} to {}", base::format_duration(min), base::format_duration(max)),
      .read = [min, max](const Value& value) -> Result<base::Duration> {
        if (value.kind != Value::Kind::text) {
          return wrong_kind(value, "a duration with its unit, such as \"30s\", \"5m\" or \"4h\"");
        }
        auto duration = base::parse_duration(value.text);
        if (duration && (*duration < min || *duration > max)) {
          return fail(
              ErrorKind::invalid,
              fmt::format("{} is out of range; write {} to {}", base::format_duration(*duration),
                          base::format_duration(min), base::format_duration(max)));
        }
        return duration;
      },
      .show =
          [](const base::Duration& duration) {
            return in_quotes(base::format_duration(duration));
          }};
}

Codec<io::Endpoint> endpoint_codec() {
  return {.kind = "IP address:port",
          .read = [](const Value& value) -> Result<io::Endpoint> {
            auto text = read_text(value);
            if (!text) return std::unexpected(text.error());
            if (const auto at = io::Endpoint::parse(*text)) return *at;
            return fail(
                ErrorKind::invalid,
                fmt::format("{} is not an address with a port; write \"0.0.0.0:25\" for all "
                            "IPv4 addresses, \"[::]:25\" for all IPv6 ones or one such as "
                            "\"192.0.2.1:25\"",
                            shown(*text)));
          },
          .show = [](const io::Endpoint& at) { return in_quotes(at.text()); }};
}

Codec<io::ServicePlace> service_codec() {
  return {.kind = "unix:/path or host:port",
          .read = [](const Value& value) -> Result<io::ServicePlace> {
            auto text = read_text(value);
            if (!text) return std::unexpected(text.error());
            if (text->empty()) return io::ServicePlace{};
            if (auto place = io::ServicePlace::parse(*text)) return *place;
            return fail(ErrorKind::invalid,
                        fmt::format("{} is not where a service can be; write "
                                    "\"unix:/run/dovecot/lmtp\" or \"127.0.0.1:24\"",
                                    shown(*text)));
          },
          .show = [](const io::ServicePlace& place) { return in_quotes(place.text()); }};
}

Codec<io::IpNetwork> network_codec() {
  return {.kind = "IP network",
          .read = [](const Value& value) -> Result<io::IpNetwork> {
            auto text = read_text(value);
            if (!text) return std::unexpected(text.error());
            if (const auto network = io::IpNetwork::parse(*text)) return *network;
            return fail(ErrorKind::invalid,
                        fmt::format("{} is not an IP network; write it as in \"192.0.2.0/24\" or "
                                    "\"2001:db8::/32\"",
                                    shown(*text)));
          },
          .show = [](const io::IpNetwork& network) { return in_quotes(network.text()); }};
}

Codec<io::IpAddress> address_codec() {
  return {.kind = "IP address",
          .read = [](const Value& value) -> Result<io::IpAddress> {
            auto text = read_text(value);
            if (!text) return std::unexpected(text.error());
            if (const auto address = io::IpAddress::parse(*text)) return *address;
            return fail(ErrorKind::invalid,
                        fmt::format("{} is not an IP address; write it as in \"192.0.2.1\" or "
                                    "\"2001:db8::1\"",
                                    shown(*text)));
          },
          .show = [](const io::IpAddress& address) { return in_quotes(address.text()); }};
}

Codec<std::optional<io::IpAddress>> source_codec(bool v6) {
  const std::string_view family = v6 ? "IPv6" : "IPv4";
  return {.kind = fmt::format("{} address", family),
          .read = [v6, family](const Value& value) -> Result<std::optional<io::IpAddress>> {
            auto text = read_text(value);
            if (!text) return std::unexpected(text.error());
            if (text->empty()) return std::nullopt;
            const auto address = io::IpAddress::parse(*text);
            if (address && address->is_v6() == v6) return address;
            return fail(
                ErrorKind::invalid,
                fmt::format("{} is not an {} address of this host; write one, or \"\" to let "
                            "the system choose",
                            shown(*text), family));
          },
          .show =
              [](const std::optional<io::IpAddress>& address) {
                return in_quotes(address ? address->text() : std::string());
              }};
}

Codec<unsigned> file_mode_codec() {
  return {.kind = "file mode, octal",
          .read = [](const Value& value) -> Result<unsigned> {
            auto text = read_text(value);
            if (!text) return std::unexpected(text.error());
            unsigned mode = 0;
            const auto [end, error] =
                std::from_chars(text->data(), text->data() + text->size(), mode, 8);
            // The owner has to read and write it.
            if (error != std::errc() || end != text->data() + text->size() || mode > 0666 ||
                (mode & 0600U) != 0600U) {
              return fail(ErrorKind::invalid,
                          fmt::format("{} is not a mode for mail files; write \"0600\" or \"0640\"",
                                      shown(*text)));
            }
            return mode;
          },
          .show = [](const unsigned& mode) { return fmt::format("\"{:04o}\"", mode); }};
}

}  // namespace config
