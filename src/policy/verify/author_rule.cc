// See author_rule.h.
#include "policy/verify/author_rule.h"

#include <fmt/format.h>

#include "lib/message/header.h"

namespace policy {
namespace {

using State = AuthorFinding::State;

// RFC 5322 §3.6 demands a From. Old servers' bounces lack it; nobody is spoofed by them as long as
// no other field stands in its place.
bool is_old_bounce(const AuthorFinding& author, const Transaction& transaction) {
  return author.state == State::missing && transaction.envelope.sender.is_null() &&
         message::count_fields(transaction.header, "Sender") == 0 &&
         message::count_fields(transaction.header, "Reply-To") == 0;
}

smtp::Reply refusal(const AuthorFinding& author) {
  const bool malformed = author.state == State::missing || author.state == State::broken ||
                         author.state == State::group;
  return smtp::reply(
      550,
      {5, malformed ? std::uint16_t{6} : std::uint16_t{7},
       malformed ? std::uint16_t{0} : std::uint16_t{1}},
      fmt::format("Nobody could tell who the author of this message is: {}. Send it with one From "
                  "field that names one author (RFC 5322 3.6.2)",
                  author.problem));
}

}  // namespace

Verdict judge_header_size(const Transaction& transaction) {
  if (transaction.header_whole) return {};
  // What we have not seen could be a second From, and some reader would show that one.
  Verdict verdict = reject(
      smtp::reply(552, {5, 3, 4},
                  fmt::format("The header of this message is larger than {} octets, so nobody can "
                              "tell who its author is; send it with a smaller one",
                              message::HeaderLimits{}.header_bytes_max)));
  verdict.rule = "author";
  verdict.reasons.emplace_back("the header is too large");
  return verdict;
}

Verdict judge_author(const AuthorFinding& author, const Transaction& transaction,
                     const VerifySettings& settings) {
  if (!author.is_fault() || is_old_bounce(author, transaction)) return {};
  Verdict verdict;
  if (settings.author_faults == FaultAction::reject) {
    verdict = reject(refusal(author));
  } else {
    verdict.junk = settings.author_faults == FaultAction::junk;
  }
  if (settings.author_faults != FaultAction::accept) verdict.rule = "author";
  verdict.reasons.push_back("author: " + author.problem);
  return verdict;
}

}  // namespace policy
