// See refusals.h.
#include "policy/client/refusals.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"

namespace policy {
namespace {

struct Refusal {
  std::string_view rule;
  int reject_code = 550;
  smtp::EnhancedCode enhanced;  // class 5; a deferral says 4
  std::string text;
};

Verdict refuse(ClientFault fault, Refusal refusal) {
  Verdict verdict;
  if (fault == ClientFault::accept) {
    verdict.reasons.push_back(std::move(refusal.text));
    return verdict;
  }
  if (fault == ClientFault::defer) {
    smtp::EnhancedCode enhanced = refusal.enhanced;
    enhanced.class_ = 4;
    verdict = defer(smtp::reply(450, enhanced, std::move(refusal.text)));
  } else {
    verdict = reject(smtp::reply(refusal.reject_code, refusal.enhanced, std::move(refusal.text)));
  }
  verdict.rule = refusal.rule;
  return verdict;
}

std::string ask_us(const Settings& settings) {
  return fmt::format("Questions: postmaster@{}", settings.hostname);
}

Verdict judge_iprev(const ClientFindings& client, const Settings& settings,
                    const std::string& address) {
  using mailauth::IprevResult;
  if (!client.iprev || settings.client.iprev_missing == ClientFault::accept) return {};
  const IprevResult result = client.iprev->result;
  if (result != IprevResult::fail && result != IprevResult::permerror) return {};
  const std::string what = result == IprevResult::permerror
                               ? "has no name: its PTR record is missing"
                               : fmt::format("has the name {}, which does not lead back to it",
                                             base::printable(client.iprev->name, 255));
  // RFC 7372 §3.3.
  return refuse(settings.client.iprev_missing,
                {.rule = "iprev",
                 .enhanced = {5, 7, 25},
                 .text = fmt::format("The address {} {}. Publish a PTR record whose name has this "
                                     "address (or ask your provider to), then send again. {}",
                                     address, what, ask_us(settings))});
}

Verdict judge_name(const ClientFindings& client, const Settings& settings,
                   const Transaction& transaction) {
  if (client.helo_problem.empty()) return {};
  const ClientFault fault =
      client.helo_forged ? settings.client.helo_forged : settings.client.helo_invalid;
  if (fault == ClientFault::accept) return {};
  return refuse(fault,
                {.rule = "helo",
                 .enhanced = {5, 7, 1},
                 .text = fmt::format("{} cannot be your name in HELO: {}. Set your server's "
                                     "full name, which leads to {} in the DNS, and send "
                                     "again. {}",
                                     base::printable(transaction.helo, 255), client.helo_problem,
                                     transaction.peer.address.text(), ask_us(settings))});
}

// The heaviest list in full, the others by name.
std::string list_text(const ClientFindings& client, const Settings& settings) {
  std::vector<const ListFinding*> listed;
  for (const ListFinding& one : client.lists) {
    if (one.weight > 0) listed.push_back(&one);
  }
  if (listed.empty()) return fmt::format("You spoke before your turn. {}", ask_us(settings));
  std::iter_swap(listed.begin(), std::ranges::max_element(listed, {}, &ListFinding::weight));
  const ListFinding& first = *listed.front();
  std::string text = fmt::format("{} is on the block list {}", first.of, first.zone);
  if (!first.meaning.empty()) text += fmt::format(" ({})", first.meaning);
  for (std::size_t i = 1; i < listed.size(); ++i) {
    const bool last = i + 1 == listed.size();
    text += fmt::format("{} {}", last ? " and on" : ",", listed[i]->zone);
  }
  if (!first.text.empty()) text += fmt::format(", which says: {}", first.text);
  return text + fmt::format(". Have it taken off there, then send again. {}", ask_us(settings));
}

Verdict judge_lists(const ClientFindings& client, const Settings& settings) {
  const auto reaches = [&client](unsigned score) {
    return score > 0 && client.list_score >= static_cast<int>(score);
  };
  ClientFault fault = ClientFault::accept;
  if (reaches(settings.client.defer_score)) fault = ClientFault::defer;
  if (reaches(settings.client.reject_score)) fault = ClientFault::reject;
  if (fault == ClientFault::accept) return {};
  Verdict verdict =
      refuse(fault, {.rule = "lists", .enhanced = {5, 7, 1}, .text = list_text(client, settings)});
  for (const ListFinding& one : client.lists) {
    if (one.weight == 0) continue;
    verdict.reasons.push_back(fmt::format("{} lists {}: weight {}", one.zone, one.of, one.weight));
  }
  if (client.early_talker) {
    verdict.reasons.push_back(
        fmt::format("it spoke before the greeting: weight {}", settings.client.early_talker_score));
  }
  return verdict;
}

}  // namespace

Verdict judge_client(const ClientFindings& client, const Settings& settings,
                     const Transaction& transaction) {
  Verdict verdict = judge_lists(client, settings);
  if (verdict.accepted()) join(verdict, judge_name(client, settings, transaction));
  if (verdict.accepted()) {
    join(verdict, judge_iprev(client, settings, transaction.peer.address.text()));
  }
  return verdict;
}

bool is_for_complaints(const message::Address& recipient) {
  const std::string local = message::local_key(recipient.local);
  return local == "postmaster" || local == "abuse";
}

std::string in_words(base::Duration duration) {
  const auto many = [](std::int64_t count, std::string_view unit) {
    return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
  };
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration);
  if (seconds < std::chrono::seconds(90)) {
    return many(std::max<std::int64_t>(seconds.count(), 1), "second");
  }
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(duration);
  if (minutes < std::chrono::minutes(90)) return many(minutes.count(), "minute");
  return many(std::chrono::ceil<std::chrono::hours>(duration).count(), "hour");
}

Verdict too_often(const TooOften& rate, Act act, std::string_view hostname) {
  const std::string_view unit = rate.period > std::chrono::minutes(1) ? "hour" : "minute";
  std::string text = fmt::format(
      "More than {} {} in one {} from {}: come again in {}", rate.max, to_string(act), unit,
      is_unit(rate.who) ? rate.who.address.text() : rate.who.text(), in_words(rate.wait));
  Verdict verdict =
      act == Act::connection
          ? defer(smtp::reply(421, {4, 7, 0}, fmt::format("{} closes. {}", hostname, text)))
          : defer(smtp::reply(450, {4, 7, 1}, std::move(text)));
  verdict.rule = "rates";
  return verdict;
}

// RFC 5321 §3.1: 554 in place of the greeting; §4.3.1: the client waits for it.
Verdict spoke_early(const Settings& settings) {
  Verdict verdict;
  switch (settings.client.early_talker) {
    case ClientFault::accept: return verdict;
    case ClientFault::defer:
      verdict = defer(smtp::reply(
          421, {4, 5, 0},
          fmt::format("{} closes: you spoke before you were greeted. Wait for the greeting",
                      settings.hostname)));
      break;
    case ClientFault::reject:
      verdict = reject(smtp::reply(
          554, {5, 5, 0},
          fmt::format("{} closes: you spoke before you were greeted. Wait for the greeting. {}",
                      settings.hostname, ask_us(settings))));
      break;
  }
  verdict.rule = "early_talker";
  verdict.close = true;
  return verdict;
}

Verdict come_again(const GreylistAnswer& answer) {
  Verdict verdict = defer(smtp::reply(
      451, {4, 7, 1},
      fmt::format("We do not know you yet (greylisting): send the same mail again in {}. Mail that "
                  "passes SPF is taken at once",
                  in_words(answer.wait))));
  verdict.rule = "greylist";
  verdict.reasons.push_back("greylist: " + answer.why);
  return verdict;
}

}  // namespace policy
