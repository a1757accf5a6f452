// See gs2.h.
#include "lib/sasl/gs2.h"

#include <gsasl.h>

#include <memory>

#include "lib/sasl/exchange.h"

namespace sasl {
namespace {

// RFC 5801 §4: 1*(ALPHA / DIGIT / "." / "-").
bool is_binding_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  };
  return !name.empty() && std::ranges::all_of(name, fits);
}

}  // namespace

std::optional<Gs2> parse_gs2(std::string_view message) {
  const std::size_t first = message.find(',');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = message.find(',', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view flag = message.substr(0, first);
  const std::string_view authzid = message.substr(first + 1, second - first - 1);
  Gs2 out;
  out.rest = message.substr(second + 1);
  if (flag == "n" || flag == "y") {
    out.flag = flag.front();
  } else if (flag.starts_with("p=") && is_binding_name(flag.substr(2))) {
    out.flag = 'p';
    out.binding = flag.substr(2);
  } else {
    return std::nullopt;
  }
  if (authzid.empty()) return out;
  if (!authzid.starts_with("a=")) return std::nullopt;
  auto name = decode_saslname(authzid.substr(2));
  if (!name) return std::nullopt;
  out.authzid = std::move(*name);
  return out;
}

std::optional<std::string> decode_saslname(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',' || text[i] == '\0') return std::nullopt;
    if (text[i] != '=') {
      out += text[i];
      continue;
    }
    const std::string_view code = text.substr(i, 3);
    if (code != "=2C" && code != "=3D") return std::nullopt;
    out += code == "=2C" ? ',' : '=';
    i += 2;
  }
  if (out.empty() || out.size() > name_bytes_max) return std::nullopt;
  return out;
}

std::optional<std::string> prepare_name(std::string_view name) {
  if (name.empty() || name.size() > name_bytes_max || name.contains('\0')) return std::nullopt;
  char* prepared = nullptr;
  const std::string zero_terminated(name);
  const int rc =
      gsasl_saslprep(zero_terminated.c_str(), GSASL_ALLOW_UNASSIGNED, &prepared, nullptr);
  const std::unique_ptr<char, void (*)(void*)> owner(prepared, gsasl_free);
  if (rc != GSASL_OK || prepared == nullptr || *prepared == '\0') return std::nullopt;
  return std::string(prepared);
}

}  // namespace sasl
