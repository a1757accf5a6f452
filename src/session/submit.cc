// See session.h and submission.h. One message that a program brought, through the same steps as one
// that a mail client sends: connect, EHLO, AUTH, MAIL, RCPT, DATA.
#include <fmt/format.h>

#include <algorithm>

#include "lib/smtp/data_writer.h"
#include "session/session.h"

namespace session {
namespace {

constexpr std::size_t chunk_bytes = 64UL * 1024;  // as DATA reads

// A token is as good as the log-in that it stands for.
smtp::Reply no_account(const std::string& account) {
  return smtp::reply(
      535, {5, 7, 8},
      fmt::format("There is no log-in {} that may send; see `stagepost user list`", account));
}

}  // namespace

io::Task<Submitted> Session::submit(Submission mail) {
  program_ = &mail.way;
  report_begin();
  submitted_.reply = co_await admit_program(mail);
  if (submitted_.reply.positive() && co_await address_message(mail)) {
    submitted_.reply = co_await take_message(mail.message);
  }
  if (!submitted_.reply.positive()) end_reason_ = submitted_.reply.text();
  co_await reset_transaction();
  co_await parts_.policy.end_visit(*visit_);
  report_end();
  co_return std::move(submitted_);
}

// What comes before MAIL.
io::Task<smtp::Reply> Session::admit_program(io::Ref<const Submission> mail) {
  if (const std::string trouble = parts_.queue.trouble(); !trouble.empty()) {
    end_reason_ = "the queue is in trouble: " + trouble;
    co_return smtp::reply(451, {4, 3, 0}, "No mail can be taken at the moment; try again later");
  }
  policy::Verdict verdict = co_await parts_.policy.at_connect(*visit_, transaction_);
  if (!verdict.accepted()) co_return refuse("connect", std::move(verdict));
  transaction_.helo = program_->program;
  transaction_.esmtp = true;
  verdict = co_await parts_.policy.at_helo(*visit_, transaction_);
  if (!verdict.accepted()) co_return refuse("EHLO " + program_->program, std::move(verdict));
  const auto known = parts_.directory.snapshot();
  const directory::Login* login = known->login(mail->account);
  if (login == nullptr) co_return no_account(mail->account);
  transaction_.login = login->name;
  transaction_.account = login->mailbox;
  transaction_.credential = login->verifier;
  co_return smtp::reply(250, {2, 0, 0}, "Go on");
}

// MAIL and every RCPT; false when nobody is left to send to.
io::Task<bool> Session::address_message(io::Ref<const Submission> mail) {
  smtp::MailParams params;
  params.sender = mail->sender;
  params.size = mail->message.size();
  params.hold.until = mail->release_at;
  params.by = mail->by;
  params.priority = mail->priority;
  params.ret = mail->ret;
  params.envid = mail->envid;
  // RFC 6531 §3.4: as a mail client would say for such addresses.
  params.smtputf8 = !mail->sender.is_ascii() ||
                    !std::ranges::all_of(mail->recipients, &message::Address::is_ascii);
  submitted_.reply =
      co_await begin_message(std::move(params), fmt::format("FROM:<{}>", mail->sender.text()));
  if (!submitted_.reply.positive()) co_return false;
  if (const std::int8_t given = transaction_.envelope.priority; given != mail->priority) {
    submitted_.priority = given;
  }
  for (const message::Address& address : mail->recipients) {
    smtp::RcptParams recipient;
    recipient.recipient = address;
    recipient.notify = mail->notify;
    smtp::Reply reply = co_await add_recipient(std::move(recipient));
    submitted_.recipients.push_back({.address = address, .reply = std::move(reply)});
    if (ended_) break;
  }
  if (!transaction_.envelope.recipients.empty() && !ended_) co_return true;
  const auto later = std::ranges::find_if(
      submitted_.recipients, [](const auto& recipient) { return recipient.reply.temporary(); });
  submitted_.reply = later == submitted_.recipients.end()
                         ? smtp::reply(554, {5, 5, 1}, "No valid recipients")
                         : smtp::reply(451, {4, 5, 0}, "No recipient can be taken at the moment");
  co_return false;
}

// DATA. The text goes through the reader of DATA, so that its rules are the same.
io::Task<smtp::Reply> Session::take_message(std::string_view text) {
  if (auto refusal = co_await begin_data()) co_return *std::move(refusal);
  smtp::DataReader reader(data_limits());
  smtp::DataWriter writer;
  Watchers watchers;
  watch_recoding(watchers);
  auto draft = parts_.queue.open_draft();
  base::Result<> received;
  std::string scratch;
  std::string chunk;
  bool last = false;
  while (!reader.done()) {
    const std::string_view wire =
        last ? writer.finish() : writer.feed(text.substr(0, chunk_bytes), scratch);
    text.remove_prefix(std::min(chunk_bytes, text.size()));
    last = text.empty();
    chunk.clear();
    reader.feed(wire, chunk);
    if (chunk.empty() || !received || reader.fault()) continue;
    received = co_await keep(watchers, *draft, std::move(chunk));
  }
  co_return co_await end_data(reader, watchers, std::move(draft), std::move(received));
}

io::Task<base::Result<>> Session::note_commit() {
  if (program_->notes == nullptr) co_return base::Result<>();
  co_return co_await program_->notes->will_commit(submitted_);
}

// store.h: after `io` from a commit the message may exist after a restart; after no_space it does
// not.
io::Task<void> Session::note_failure(base::Error error) {
  if (program_ == nullptr || program_->notes == nullptr) co_return;
  co_await program_->notes->not_committed(error.kind != base::ErrorKind::no_space);
}

queue::BeforeDue Session::after_commit() const {
  if (program_ == nullptr || program_->notes == nullptr) return {};
  return [notes = program_->notes] { return notes->committed(); };
}

}  // namespace session
