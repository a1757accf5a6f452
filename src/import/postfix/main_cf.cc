// See main_cf.h.
#include "import/postfix/main_cf.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "import/postfix/lines.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

// What is used here and not empty by default (postconf(5), Postfix 3.7).
constexpr auto postfix_defaults = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"config_directory", "/etc/postfix"},
    {"queue_directory", "/var/spool/postfix"},
    {"myorigin", "$myhostname"},
    {"mydestination", "$myhostname, localhost.$mydomain, localhost"},
    {"inet_interfaces", "all"},
    {"inet_protocols", "all"},
    {"alias_maps", "hash:/etc/aliases"},
    {"alias_database", "hash:/etc/aliases"},
    {"mynetworks_style", "${{$compatibility_level} <level {2} ? {subnet} : {host}}"},
    {"mynetworks", "127.0.0.0/8 [::1]/128"},
    {"virtual_alias_maps", "$virtual_maps"},
    {"virtual_alias_domains", "$virtual_alias_maps"},
    {"virtual_mailbox_domains", "$virtual_mailbox_maps"},
    {"virtual_transport", "virtual"},
    {"local_transport", "local:$myhostname"},
    {"local_recipient_maps", "proxy:unix:passwd.byname $alias_maps"},
    {"smtpd_relay_restrictions",
     "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination"},
    {"smtpd_tls_key_file", "$smtpd_tls_cert_file"},
    {"milter_default_action", "tempfail"},
    {"maximal_queue_lifetime", "5d"},
    {"minimal_backoff_time", "300s"},
    {"maximal_backoff_time", "4000s"},
    {"unknown_client_reject_code", "450"},
    {"postscreen_dnsbl_action", "ignore"},
    {"postscreen_dnsbl_threshold", "1"},
    {"postscreen_greet_action", "ignore"},
    {"postscreen_greet_wait", "6s"},
    {"recipient_delimiter", ""},
    {"mua_client_restrictions", ""},
    {"mua_helo_restrictions", ""},
    {"mua_sender_restrictions", ""},
    {"default_transport", "smtp"},
    {"relay_transport", "relay"},
    {"mail_name", "Postfix"},
    {"mail_owner", "postfix"},
    {"syslog_name", "postfix"},
});

bool is_name_char(char c) { return base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '.'; }

std::size_t name_length(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_name_char) - text.begin());
}

// The index of the bracket that closes the one at 0; npos when none does.
std::size_t closing(std::string_view text) {
  const char open = text.front();
  const char close = open == '{' ? '}' : ')';
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == open) ++depth;
    if (text[i] == close && --depth == 0) return i;
  }
  return std::string_view::npos;
}

class Expander {
 public:
  Expander(const MainCf& main, std::size_t& steps) : main_(main), steps_(steps) {}

  std::string run(std::string_view text, int depth = 0) {
    expand(text, depth);
    return std::move(out_);
  }

 private:
  void add(std::string_view text) {
    out_ += text.substr(0, value_bytes_max - std::min(value_bytes_max, out_.size()));
  }

  void expand(std::string_view text, int depth) {
    if (depth > expansion_depth_max || ++steps_ > expansion_steps_max) return;
    while (!text.empty() && out_.size() < value_bytes_max) {
      const std::size_t dollar = text.find('$');
      add(text.substr(0, dollar));
      if (dollar == std::string_view::npos) return;
      text.remove_prefix(dollar + 1);
      text.remove_prefix(one(text, depth));
    }
  }

  // What stands behind a $; how much of it was used.
  std::size_t one(std::string_view text, int depth) {
    if (text.starts_with('$')) {
      add("$");
      return 1;
    }
    if (text.starts_with('{') || text.starts_with('(')) {
      const std::size_t end = closing(text);
      if (end == std::string_view::npos) {
        add("$");
        return 0;
      }
      bracketed(base::trim(text.substr(1, end - 1)), depth);
      return end + 1;
    }
    const std::size_t length = name_length(text);
    if (length == 0) add("$");
    name(text.substr(0, length), depth);
    return length;
  }

  void name(std::string_view name, int depth) {
    if (!name.empty()) expand(main_.raw(name), depth + 1);
  }

  [[nodiscard]] std::string inner(std::string_view text, int depth) {
    return Expander(main_, steps_).run(text, depth + 1);
  }

  void bracketed(std::string_view text, int depth) {
    if (text.starts_with('{')) {
      comparison(text, depth);
      return;
    }
    const std::size_t length = name_length(text);
    const std::string_view rest = base::trim(text.substr(length));
    if (rest.empty()) {
      name(text.substr(0, length), depth);
    } else if (rest.front() == '?' || rest.front() == ':') {
      const bool filled = !inner("${" + std::string(text.substr(0, length)) + "}", depth).empty();
      choose(filled == (rest.front() == '?'), rest.substr(1), depth);
    }
  }

  // "{a}:{b}", "{a}" or "a": the first part when `first`, else the second.
  void choose(bool first, std::string_view text, int depth) {
    const std::string_view trimmed = base::trim(text);
    const std::size_t end = trimmed.starts_with('{') ? closing(trimmed) : std::string_view::npos;
    if (end == std::string_view::npos) {
      if (first) expand(text, depth + 1);
      return;
    }
    const std::string_view rest = base::trim(trimmed.substr(end + 1));
    if (first) {
      expand(trimmed.substr(1, end - 1), depth + 1);
    } else if (rest.starts_with(':')) {
      expand(without_braces(rest.substr(1)), depth + 1);
    }
  }

  void comparison(std::string_view text, int depth) {
    const std::size_t left_end = closing(text);
    if (left_end == std::string_view::npos) return;
    const std::size_t right = text.find('{', left_end + 1);
    if (right == std::string_view::npos) return;
    const std::string_view how = base::trim(text.substr(left_end + 1, right - left_end - 1));
    const std::string_view tail = text.substr(right);
    const std::size_t right_end = closing(tail);
    if (right_end == std::string_view::npos) return;
    const std::string a = inner(without_braces(text.substr(0, left_end + 1)), depth);
    const std::string b = inner(without_braces(tail.substr(0, right_end + 1)), depth);
    const std::string_view rest = base::trim(tail.substr(right_end + 1));
    const bool holds = compare(base::trim(a), how, base::trim(b));
    if (rest.starts_with('?')) choose(holds, rest.substr(1), depth);
    if (rest.starts_with(':') && !holds) expand(without_braces(rest.substr(1)), depth + 1);
  }

  // Numbers as numbers; "3.10" of a compatibility level is beyond "3.6".
  static int order(std::string_view a, std::string_view b) {
    const auto parts = [](std::string_view text) {
      std::vector<std::uint64_t> out;
      for (const std::string_view part : base::split(text, '.')) {
        const auto number = base::parse_number(part);
        if (!number) return std::vector<std::uint64_t>();
        out.push_back(*number);
      }
      return out;
    };
    const auto x = parts(a);
    const auto y = parts(b);
    if (x.empty() || y.empty()) return a.compare(b);
    return x < y ? -1 : x > y ? 1 : 0;
  }

  static bool compare(std::string_view a, std::string_view how, std::string_view b) {
    if (how.ends_with("level")) how.remove_suffix(5);
    const int order_of = order(a, b);
    if (how == "==") return order_of == 0;
    if (how == "!=") return order_of != 0;
    if (how == "<") return order_of < 0;
    if (how == "<=") return order_of <= 0;
    if (how == ">") return order_of > 0;
    if (how == ">=") return order_of >= 0;
    return false;
  }

  const MainCf& main_;
  std::size_t& steps_;
  std::string out_;
};

}  // namespace

MainCf MainCf::read(std::string_view text) {
  MainCf out;
  std::map<std::string, std::size_t, std::less<>> at;
  for (const Line& line : logical_lines(text)) {
    const std::size_t equals = line.text.find('=');
    Parameter one{.name = std::string(base::trim(line.text.substr(0, equals))),
                  .raw = {},
                  .line = line.number};
    if (equals == std::string::npos || one.name.empty() ||
        name_length(one.name) != one.name.size()) {
      one.name = std::string(base::trim(line.text));
      out.broken_.push_back(std::move(one));
      continue;
    }
    one.raw = base::trim(line.text.substr(equals + 1));
    const auto [found, fresh] = at.emplace(one.name, out.parameters_.size());
    if (fresh) {
      out.parameters_.push_back(std::move(one));
    } else {
      Parameter& earlier = out.parameters_[found->second];
      out.overridden_.emplace_back(std::exchange(earlier, std::move(one)), line.number);
    }
  }
  for (const auto& [name, value] : postfix_defaults) out.defaults_.emplace(name, value);
  return out;
}

const Parameter* MainCf::find(std::string_view name) const {
  const auto found = std::ranges::find(parameters_, name, &Parameter::name);
  return found == parameters_.end() ? nullptr : &*found;
}

std::string_view MainCf::raw(std::string_view name) const {
  if (const Parameter* found = find(name)) return found->raw;
  const auto found = defaults_.find(name);
  return found == defaults_.end() ? std::string_view() : std::string_view(found->second);
}

std::string MainCf::value(std::string_view name) const { return expand(raw(name)); }

std::string MainCf::expand(std::string_view raw) const {
  std::size_t steps = 0;
  return Expander(*this, steps).run(raw);
}

void MainCf::set_default(const std::string& name, std::string value) {
  defaults_[name] = std::move(value);
}

bool MainCf::is_used(std::string_view name) const {
  return std::ranges::any_of(parameters_, [&](const Parameter& one) {
    for (std::size_t at = 0; (at = one.raw.find(name, at)) != std::string::npos; ++at) {
      const std::string_view before = std::string_view(one.raw).substr(0, at);
      const std::string_view after = std::string_view(one.raw).substr(at + name.size());
      const bool ends = after.empty() || !is_name_char(after.front());
      if (ends && (before.ends_with('$') || before.ends_with("${") || before.ends_with("$("))) {
        return true;
      }
    }
    return false;
  });
}

bool is_yes(std::string_view value) {
  return base::iequals(value, "yes") || base::iequals(value, "true");
}

}  // namespace postfix
