// See submission.h.
#include "policy/submission.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/base/text.h"
#include "lib/message/submission.h"

namespace policy {
namespace {

message::SubmissionFacts facts_of(const Settings& settings, const Transaction& transaction) {
  message::SubmissionFacts facts;
  facts.now = transaction.arrived;
  facts.id = transaction.message.text();
  facts.host = settings.hostname;
  facts.account = transaction.account;
  if (const std::size_t at = facts.account.rfind('@'); at != std::string::npos) {
    facts.domain = facts.account.substr(at + 1);
  }
  return facts;
}

// "From: bob" must not become an address of our domain that belongs to somebody else.
const std::string* foreign_author(const std::vector<std::string>& authors,
                                  const Transaction& transaction,
                                  const directory::Snapshot& known) {
  const auto foreign = std::ranges::find_if(authors, [&](const std::string& author) {
    const auto address = message::parse_address(author);
    return !address || !known.may_send_as(transaction.account, *address);
  });
  return foreign == authors.end() ? nullptr : &*foreign;
}

}  // namespace

void complete_submission(const Settings& settings, const Transaction& transaction,
                         const directory::Snapshot& known, Verdict& verdict) {
  if (!transaction.submission || transaction.login.empty() || !verdict.accepted()) return;
  if (!transaction.header_whole) {
    // A Bcc behind what we have read would be sent to everybody.
    verdict = reject(smtp::reply(552, {5, 3, 4}, "The header of the message is too long"));
    return;
  }
  if (transaction.long_line != 0 && transaction.recoding_starved) {
    verdict = defer(smtp::reply(451, {4, 3, 1},
                                "Too many large messages are being recoded at once; try again"));
    return;
  }
  if (transaction.long_line != 0) {
    verdict = reject(smtp::reply(
        554, {5, 6, 0},
        fmt::format("Line {} is longer than {} octets, and other servers would refuse it; send "
                    "this part as base64 or quoted-printable",
                    transaction.long_line, message::text_line_bytes_max)));
    return;
  }
  std::ranges::copy(transaction.recoding, std::back_inserter(verdict.edits));
  if (settings.complete_header) {
    if (const std::size_t line = message::line_before_lost_bcc(transaction.header); line != 0) {
      verdict = reject(smtp::reply(
          550, {5, 6, 0},
          fmt::format("Line {} of the header is no header field, so the Bcc there or behind it "
                      "would be shown to everybody; mend that line",
                      line)));
      return;
    }
    auto completed = message::complete_header(transaction.header, facts_of(settings, transaction));
    if (const auto* author = foreign_author(completed.authors, transaction, known)) {
      verdict =
          reject(smtp::reply(550, {5, 7, 1},
                             fmt::format("{} may not send as {}: use an address of your own",
                                         transaction.account, base::printable(*author, 200))));
      return;
    }
    std::ranges::move(completed.edits, std::back_inserter(verdict.edits));
  }
  // Last, because the fields that were added belong before it. Always: a line that is no field ends
  // the header for every reader in the same way, so that no second From stands behind it.
  if (auto separator = message::missing_separator(transaction.header)) {
    verdict.edits.push_back(*std::move(separator));
  }
}

}  // namespace policy
