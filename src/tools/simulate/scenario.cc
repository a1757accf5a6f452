// See scenario.h: reading the file.
#include "tools/simulate/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "lib/base/text.h"
#include "tools/simulate/scenario_keys.h"

namespace simulate {
namespace {

using config::Entry;
using config::Value;

constexpr std::size_t mistakes_max = 50;

class Reader {
 public:
  Scenario read(const Value& root) {
    for (const Entry& entry : root.entries) {
      if (entry.key == "mail") {
        read_mail(entry);
      } else if (entry.key == "provider") {
        read_providers(entry);
      } else {
        mistake(entry.line, base::printable(entry.key, 100),
                "there is no such section; write [mail], once, and [[provider]], once for each");
      }
    }
    check_providers();
    return std::move(scenario_);
  }

  // One line per mistake; empty: none.
  [[nodiscard]] std::string report(std::string_view file_name) {
    // Those without a line, of what is missing, last.
    std::ranges::sort(mistakes_, {}, [](const Mistake& one) {
      return std::tuple(one.line == 0, one.line, one.key);
    });
    std::string out;
    for (std::size_t i = 0; i < mistakes_.size() && i < mistakes_max; ++i) {
      const Mistake& one = mistakes_[i];
      out += fmt::format("{}{}{}: {}: {}", out.empty() ? "" : "\n", file_name,
                         one.line > 0 ? fmt::format(":{}", one.line) : "", one.key, one.words);
    }
    return out;
  }

 private:
  struct Mistake {
    int line = 0;
    std::string key;
    std::string words;
  };

  void mistake(int line, std::string key, std::string words) {
    mistakes_.push_back({line, std::move(key), std::move(words)});
  }

  template <class T>
  void read_keys(T& into, const std::vector<Key<T>>& keys, const Value& table,
                 const std::string& prefix) {
    for (const Entry& entry : table.entries) {
      const std::string path = fmt::format("{}.{}", prefix, base::printable(entry.key, 100));
      const auto key = std::ranges::find(keys, entry.key, &Key<T>::name);
      if (key == keys.end()) {
        mistake(entry.line, path, unknown(entry.key, keys));
        continue;
      }
      if (auto set = key->set(into, entry.value); !set) {
        mistake(entry.line, path, set.error().detail);
      }
    }
  }

  void read_mail(const Entry& entry) {
    if (entry.value.kind != Value::Kind::table) {
      return mistake(entry.line, "mail", "is not a section; write [mail] on a line of its own");
    }
    read_keys(scenario_.mail, mail_keys(), entry.value, "mail");
  }

  void read_providers(const Entry& entry) {
    if (entry.value.kind != Value::Kind::list) {
      return mistake(entry.line, "provider",
                     "there may be several of these; write [[provider]] with two brackets");
    }
    for (const Value& one : entry.value.list) {
      const std::string prefix = fmt::format("provider[{}]", scenario_.providers.size() + 1);
      if (one.kind != Value::Kind::table) {
        return mistake(one.line, prefix, "is not a section; write [[provider]]");
      }
      if (scenario_.providers.size() == providers_max) {
        return mistake(one.line, prefix, fmt::format("write at most {}", providers_max));
      }
      Provider& provider = scenario_.providers.emplace_back();
      read_keys(provider, provider_keys(), one, prefix);
      check_provider(provider, one.line, prefix);
    }
  }

  void check_provider(const Provider& provider, int line, const std::string& prefix) {
    const auto wrong = [&](std::string_view key, std::string words) {
      mistake(line, fmt::format("{}.{}", prefix, key), std::move(words));
    };
    if (provider.name.empty()) wrong("name", "is missing; write name = \"small host\"");
    const auto same = std::ranges::count(scenario_.providers, provider.name, &Provider::name);
    if (same > 1) wrong("name", "is another provider's name; give each its own");
    if (provider.greylist_delay.count() > 0 &&
        provider.greylist_window <= provider.greylist_delay) {
      wrong("greylist_window", "ends before greylist_delay is over; make it longer");
    }
    if (provider.outage_every.count() > 0 && provider.outage_for >= provider.outage_every) {
      wrong("outage_for", "is as long as outage_every; make it shorter, or write dead = true");
    }
    if (provider.warmup_messages > 0 && provider.warmup_max <= provider.warmup_messages) {
      wrong("warmup_max", "must be more than warmup_messages: it is where the warm-up ends");
    }
    if (provider.rate_messages == 0 && provider.warmup_messages == 0 &&
        provider.block_after_refused > 0) {
      wrong("block_after_refused", "nothing is refused without rate_messages or warmup_messages");
    }
  }

  void check_providers() {
    if (scenario_.providers.empty() && mistakes_.empty()) {
      mistake(0, "provider", "nobody receives mail; write one [[provider]] at least");
    }
    if (scenario_.mail.domains < scenario_.providers.size()) {
      mistake(0, "mail.domains", "there are fewer than providers; each has one at least");
    }
    if (scenario_.mail.burst_length >= scenario_.mail.burst_every) {
      mistake(0, "mail.burst_length", "a burst must end before the next; make it shorter");
    }
  }

  Scenario scenario_;
  std::vector<Mistake> mistakes_;
};

}  // namespace

base::Result<Scenario> read_scenario(std::string_view text, std::string_view file_name) {
  if (text.size() > scenario_bytes_max) {
    return base::fail(base::ErrorKind::limit,
                      fmt::format("{}: is larger than {} octets; is it the right file?", file_name,
                                  scenario_bytes_max));
  }
  const auto root = config::parse(text);
  if (!root) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("{}:{}: this is not TOML: {} (column {})", file_name,
                                  root.error().line, root.error().words, root.error().column));
  }
  Reader reader;
  Scenario scenario = reader.read(*root);
  if (std::string wrong = reader.report(file_name); !wrong.empty()) {
    return base::fail(base::ErrorKind::invalid, std::move(wrong));
  }
  return scenario;
}

}  // namespace simulate
