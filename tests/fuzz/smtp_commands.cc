// Fuzz target: command lines. What MAIL and RCPT accept can be written and read back.
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/smtp/command.h"
#include "lib/smtp/command_reader.h"
#include "lib/smtp/command_writer.h"

namespace {

smtp::Extensions offered() {
  smtp::Extensions all;
  all.eightbitmime = all.smtputf8 = all.binarymime = all.dsn = all.requiretls = true;
  all.mt_priority = true;
  all.deliver_by = 60;
  all.size = 0;
  all.auth = {"PLAIN"};
  return all;
}

// A deadline goes on as it came.
void check_by(const smtp::By& by) {
  const base::Time now{};
  const message::DeliverBy made{
      .mode = by.mode, .trace = by.trace, .deadline = now + std::chrono::seconds(by.seconds)};
  const auto again = smtp::parse_by(smtp::by_text(made, now));
  CHECK(again && again->seconds == by.seconds && again->mode == by.mode && again->trace == by.trace,
        "the deadline");
}

void check_rcpt(std::string_view argument, const smtp::Extensions& all) {
  const auto rcpt = smtp::parse_rcpt(argument, all, true);
  if (!rcpt) return;
  message::Recipient recipient{rcpt->recipient, {}, rcpt->orcpt, rcpt->notify};
  smtp::Extensions ascii = all;
  ascii.smtputf8 = false;
  // What only fits as raw UTF-8 may be left out where it has to be spelled.
  for (const smtp::Extensions& peer : {all, ascii}) {
    const std::string line = smtp::rcpt_line(recipient, peer);
    CHECK(line.find_first_of("\r\n") == line.size() - 2, "one line");
    const auto again = smtp::parse_rcpt(smtp::parse_command(line).argument, all, true);
    CHECK(again && again->recipient == rcpt->recipient && again->notify == rcpt->notify, "again");
    const bool left_out = again->orcpt.empty() && (!peer.smtputf8 || rcpt->orcpt.size() > 160);
    CHECK(again->orcpt == rcpt->orcpt || left_out, "the original recipient");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const smtp::Extensions all = offered();
  std::string_view input(reinterpret_cast<const char*>(data), size);
  smtp::CommandReader reader(600);
  for (;;) {
    const auto status = reader.feed(input);
    if (status == smtp::CommandReader::Status::need_more) break;
    if (status == smtp::CommandReader::Status::fault) continue;
    CHECK(reader.line().size() <= 598, "within the limit");
    CHECK(!reader.line().contains('\r') && !reader.line().contains('\n'), "one line");
    const smtp::Command command = smtp::parse_command(reader.line());
    if (const auto mail = smtp::parse_mail(command.argument, all)) {
      CHECK(mail->sender.is_ascii() || mail->smtputf8, "UTF-8 only with SMTPUTF8");
      if (mail->by) check_by(*mail->by);
    }
    check_rcpt(command.argument, all);
    (void)smtp::parse_helo(command.argument);
    (void)smtp::parse_bdat(command.argument);
  }
  CHECK(input.empty(), "all was consumed");
  return 0;
}
