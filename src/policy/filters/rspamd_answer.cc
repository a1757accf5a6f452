// See rspamd_answer.h.
#include "policy/filters/rspamd_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <optional>
#include <string>

#include "lib/base/text.h"

namespace policy {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::size_t depth_max = 16;
constexpr std::size_t words_bytes_max = 400;  // of its text, in a reply

std::unexpected<base::Error> invalid(std::string why) {
  return base::fail(base::ErrorKind::invalid, "its answer: " + std::move(why));
}

const value* member(const object& from, std::string_view name) {
  return from.if_contains({name.data(), name.size()});
}

const object* object_member(const object& from, std::string_view name) {
  const value* found = member(from, name);
  return found == nullptr ? nullptr : found->if_object();
}

std::optional<std::string_view> text_of(const value& from) {
  if (!from.is_string()) return std::nullopt;
  return std::string_view(from.get_string().data(), from.get_string().size());
}

std::optional<std::string_view> text_member(const object& from, std::string_view name) {
  const value* found = member(from, name);
  return found == nullptr ? std::nullopt : text_of(*found);
}

std::optional<std::int64_t> number_of(const value& from) {
  if (from.is_int64()) return from.get_int64();
  if (!from.is_double() || !(std::fabs(from.get_double()) < 1e9)) return std::nullopt;
  return static_cast<std::int64_t>(from.get_double());
}

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= 200 &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~' && c != ':'; });
}

// One value of "add_headers": a text, {"value": …, "order": …}, or a list of those.
base::Result<> add_header(std::string_view name, const value& from, FilterOutcome& outcome) {
  if (++outcome.changes > FilterOutcome::changes_max) return invalid("too many changes");
  if (const auto text = text_of(from)) {
    outcome.message.add({.name = name, .value = *text});
    return {};
  }
  const object* fields = from.if_object();
  const auto text = fields == nullptr ? std::nullopt : text_member(*fields, "value");
  if (!text) return invalid(fmt::format("a header {} without text", base::printable(name, 80)));
  const value* order = member(*fields, "order");
  const auto place = order == nullptr ? std::nullopt : number_of(*order);
  if (place && *place >= 0) {
    outcome.message.insert(static_cast<std::size_t>(*place), {.name = name, .value = *text});
  } else {
    outcome.message.add({.name = name, .value = *text});
  }
  return {};
}

base::Result<> add_headers(const object& headers, FilterOutcome& outcome) {
  for (const auto& member : headers) {
    const std::string_view name(member.key().data(), member.key().size());
    if (!is_field_name(name)) return invalid("a header without a name");
    const auto* list = member.value().if_array();
    if (list == nullptr) {
      if (auto added = add_header(name, member.value(), outcome); !added) return added;
      continue;
    }
    for (const value& one : *list) {
      if (auto added = add_header(name, one, outcome); !added) return added;
    }
  }
  return {};
}

base::Result<> remove_headers(const object& headers, FilterOutcome& outcome) {
  for (const auto& member : headers) {
    const std::string_view name(member.key().data(), member.key().size());
    const boost::json::array alone = {member.value()};
    const auto* list = member.value().if_array();
    for (const value& one : list == nullptr ? alone : *list) {
      const auto which = number_of(one);
      if (!which) return invalid("a header to remove without a number");
      if (++outcome.changes > FilterOutcome::changes_max) return invalid("too many changes");
      outcome.message.remove(name, *which);
    }
  }
  return {};
}

base::Result<> read_milter_block(const object& block, FilterOutcome& outcome) {
  // In this order it replaces fields of its own from an earlier hop.
  if (const object* headers = object_member(block, "remove_headers")) {
    if (auto removed = remove_headers(*headers, outcome); !removed) return removed;
  }
  if (const object* headers = object_member(block, "add_headers")) {
    if (auto added = add_headers(*headers, outcome); !added) return added;
  }
  return {};
}

base::Result<> add_signatures(const value& signatures, FilterOutcome& outcome) {
  const boost::json::array alone = {signatures};
  const auto* list = signatures.if_array();
  for (const value& one : list == nullptr ? alone : *list) {
    const auto text = text_of(one);
    if (!text) return invalid("a signature without text");
    if (++outcome.changes > FilterOutcome::changes_max) return invalid("too many changes");
    outcome.message.insert(0, {.name = "DKIM-Signature", .value = *text});
  }
  return {};
}

std::string smtp_words(const object& answer, std::string_view usual) {
  const object* messages = object_member(answer, "messages");
  const auto words = messages == nullptr ? std::nullopt : text_member(*messages, "smtp_message");
  return words && !words->empty() ? base::printable(*words, words_bytes_max) : std::string(usual);
}

void refuse(FilterOutcome& outcome, int code, std::string words) {
  const bool permanent = code >= 500;
  outcome.kind = permanent ? Verdict::Kind::reject : Verdict::Kind::defer;
  outcome.words = words;
  const auto class_ = static_cast<std::uint8_t>(permanent ? 5 : 4);
  outcome.reply = smtp::reply(code, {class_, 7, 1}, std::move(words));
}

// "reject" may be softened by the same answer.
void reject(const object& answer, const object* block, FilterOutcome& outcome) {
  const auto how = block == nullptr ? std::nullopt : text_member(*block, "reject");
  if (how == "discard") {
    outcome.kind = Verdict::Kind::discard;
  } else if (how == "quarantine") {
    outcome.quarantine = "rspamd: " + smtp_words(answer, "spam");
  } else {
    refuse(outcome, 550,
           smtp_words(answer,
                      "Our filter takes this message for spam. If it is none, tell our "
                      "postmaster"));
  }
}

base::Result<> act(const object& answer, const object* block, FilterOutcome& outcome) {
  const std::string& action = outcome.action;
  if (action == "no action") return {};
  if (action == "reject") {
    reject(answer, block, outcome);
  } else if (action == "soft reject") {
    refuse(outcome, 451, smtp_words(answer, "Our filter asks you to try again later"));
  } else if (action == "greylist") {
    refuse(outcome, 451, smtp_words(answer, "Greylisted: please try again in some minutes"));
  } else if (action == "add header") {
    outcome.junk = true;
  } else if (action == "rewrite subject") {
    outcome.junk = true;
    const auto subject = text_member(answer, "subject");
    if (subject) outcome.message.change(1, {.name = "Subject", .value = *subject});
    if (subject) ++outcome.changes;
  } else if (action == "quarantine") {
    outcome.quarantine = "rspamd: " + smtp_words(answer, "spam");
  } else if (action == "discard") {
    outcome.kind = Verdict::Kind::discard;
  } else {
    return invalid("an action that nobody knows: " + base::printable(action, 80));
  }
  return {};
}

void read_symbols(const object& answer, FilterOutcome& outcome) {
  const object* symbols = object_member(answer, "symbols");
  if (symbols == nullptr) return;
  for (const auto& symbol : *symbols) {
    if (outcome.symbols.size() >= rspamd_symbols_max) return;
    outcome.symbols.push_back(base::printable({symbol.key().data(), symbol.key().size()}, 100));
  }
}

}  // namespace

base::Result<> read_rspamd_answer(std::string_view json, FilterOutcome& outcome) {
  if (json.size() > rspamd_answer_bytes_max) return invalid("too long");
  boost::json::parse_options options;
  options.max_depth = depth_max;
  boost::system::error_code error;
  const value parsed = boost::json::parse({json.data(), json.size()}, error, {}, options);
  if (error || !parsed.is_object()) return invalid("no JSON object");
  const object& answer = parsed.get_object();
  const auto action = text_member(answer, "action");
  if (!action) return invalid("no action");
  outcome.action = *action;
  if (const value* score = member(answer, "score"); score != nullptr && score->is_number()) {
    outcome.score = score->to_number<double>();
  }
  read_symbols(answer, outcome);
  const object* block = object_member(answer, "milter");
  if (block != nullptr) {
    if (auto read = read_milter_block(*block, outcome); !read) return read;
  }
  if (const value* signatures = member(answer, "dkim-signature")) {
    if (auto added = add_signatures(*signatures, outcome); !added) return added;
  }
  return act(answer, block, outcome);
}

}  // namespace policy
