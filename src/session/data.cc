// See session.h. The DATA command (RFC 5321 §4.1.1.4): from 354 to the answer after the final dot.
#include <fmt/compile.h>
#include <fmt/format.h>

#include "lib/message/trace_fields.h"
#include "session/addresses.h"
#include "session/notice.h"
#include "session/session.h"
#include "session/subject.h"

namespace session {
namespace {

constexpr std::size_t data_buffer_bytes = 64UL * 1024;
constexpr std::size_t set_aside_bytes_min = 16UL * 1024;

// By a user of this host: no connection of the network has port 0.
bool is_local(const SubmissionWay* program) {
  return program != nullptr && program->peer.port == 0 && program->program == "sendmail";
}

// RFC 3848 and RFC 6531 §4.3 names for the "with" clause. A program's HTTP has no name there, nor
// has `sendmail`, which comes by no connection of the network.
std::string protocol_name(const policy::Transaction& transaction, const SubmissionWay* program) {
  if (is_local(program)) return "local";
  if (program != nullptr) return program->tls ? "HTTPS" : "HTTP";
  if (!transaction.esmtp) return "SMTP";
  std::string name = transaction.envelope.smtputf8 ? "UTF8SMTP" : "ESMTP";
  if (transaction.lmtp) name = transaction.envelope.smtputf8 ? "UTF8LMTP" : "LMTP";
  if (!transaction.tls.protocol.empty()) name += 'S';
  if (!transaction.login.empty()) name += 'A';
  return name;
}

// The address that stands for the sender where an alias sends on to another server; empty: none.
std::string forwarded_as(const message::Envelope& envelope) {
  const auto found = std::ranges::find_if(envelope.recipients, [](const auto& recipient) {
    return !recipient.of_list && !recipient.return_path.is_null();
  });
  return found == envelope.recipients.end() ? std::string() : found->return_path.text();
}

// The message as the queue's draft has it.
class DraftOctets final : public policy::ReceivedOctets {
 public:
  explicit DraftOctets(queue::Draft& draft) : draft_(draft), size_(draft.size()) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  io::Task<base::Result<std::string>> read(std::uint64_t offset, std::uint64_t length) override {
    return draft_.read(offset, length);
  }

 private:
  queue::Draft& draft_;
  const std::uint64_t size_;
};

// What filters asked for.
void change_envelope(message::Envelope& envelope, policy::Verdict& verdict) {
  if (verdict.sender) envelope.sender = std::move(*verdict.sender);
  envelope.eight_bit = envelope.eight_bit || verdict.eight_bit;
  for (const message::Address& removed : verdict.recipients_removed) {
    std::erase_if(envelope.recipients,
                  [&removed](const auto& recipient) { return recipient.address == removed; });
  }
  for (message::Recipient& added : verdict.recipients_added) {
    envelope.recipients.push_back(std::move(added));
  }
}

}  // namespace

smtp::Reply Session::storage_reply(const base::Error& error) {
  if (error.kind == base::ErrorKind::no_space) {
    return smtp::reply(452, {4, 3, 1}, "Our disk is full; try again later");
  }
  return smtp::reply(451, {4, 3, 0}, "The message could not be stored safely; try again later");
}

void Session::watch_recoding(Watchers& watchers) {
  if (!transaction_.submission || transaction_.login.empty() || !settings_.recode) return;
  watchers.recoder.emplace(
      message::RecodeLimits{.part_bytes_max = settings_.recode_part_bytes_max,
                            .message_bytes_max = settings_.recode_memory_bytes_max / 2,
                            .all_bytes_max = settings_.recode_memory_bytes_max},
      &parts_.recoding);
}

io::Task<smtp::Reply> Session::data(std::string_view argument) {
  if (!argument.empty()) co_return smtp::reply(501, {5, 5, 4}, "DATA takes no argument");
  if (!mail_given_) co_return smtp::reply(503, {5, 5, 1}, "Say MAIL first");
  // RFC 3030 §2 and §3
  if (chunks_ != nullptr) co_return smtp::reply(503, {5, 5, 1}, "BDAT and DATA do not mix");
  if (transaction_.envelope.binary) {
    co_return smtp::reply(503, {5, 5, 1}, "BODY=BINARYMIME goes with BDAT only");
  }
  if (transaction_.envelope.recipients.empty()) {
    co_return no_recipients();  // RFC 5321 §3.3
  }
  if (auto refusal = co_await begin_data()) co_return *std::move(refusal);
  channel_.say(smtp::reply(354, "Send the message; end with <CRLF>.<CRLF>"));
  smtp::DataReader reader(data_limits());
  Watchers watchers;
  watch_recoding(watchers);
  auto draft = parts_.queue.open_draft();
  channel_.set_buffer_bytes(data_buffer_bytes);
  const base::Result<> received = co_await receive(reader, watchers, *draft);
  channel_.set_buffer_bytes(0);
  if (!reader.done()) {
    end_reason_ = "during DATA: " + received.error().text();
    ended_ = true;
    const bool silent = received.error().kind == base::ErrorKind::timed_out;
    co_return smtp::reply(421, {4, 4, 2},
                          silent ? "The message did not go on; closing" : "Closing the connection");
  }
  co_return co_await end_data(reader, watchers, std::move(draft), received);
}

smtp::DataLimits Session::data_limits() const {
  return {.line_bytes_max = settings_.text_line_bytes_max, .size_max = settings_.message_bytes_max};
}

// The message gets its name; nothing, or why it is not wanted.
io::Task<std::optional<smtp::Reply>> Session::begin_data() {
  transaction_.message = parts_.queue.next_id();
  if (settings_.tell_moments) data_at_ = parts_.doors.clock.wall();
  policy::Verdict begun = co_await parts_.policy.at_data(*visit_, transaction_);
  if (begun.accepted()) co_return std::nullopt;
  smtp::Reply refusal = refuse("DATA", std::move(begun));
  co_await reset_transaction();
  co_return refusal;
}

// The whole message has come: what becomes of it.
io::Task<smtp::Reply> Session::end_data(io::Ref<smtp::DataReader> reader,
                                        io::Ref<Watchers> watchers,
                                        std::unique_ptr<queue::Draft> draft,
                                        base::Result<> received) {
  smtp::Reply reply;
  if (reader->fault()) {
    reply = smtp::fault_reply(*reader->fault());
  } else if (!received) {
    reply = storage_reply(received.error());
  } else {
    reply = co_await conclude_received(watchers, std::move(draft));
  }
  if (!reply.positive()) tell_refused(reply);
  reply = for_each_recipient(std::move(reply));
  co_await reset_transaction();
  co_return reply;
}

// All of it has come, and there is nothing wrong with its form.
io::Task<smtp::Reply> Session::conclude_received(io::Ref<Watchers> watchers,
                                                 std::unique_ptr<queue::Draft> draft) {
  transaction_.received_bytes = draft->size();
  describe(*watchers);
  if (!watchers->header_told) parts_.policy.at_header(*visit_, transaction_);
  smtp::Reply reply = co_await conclude(std::move(draft));
  if (reply.code == 421) {  // RFC 5321 §3.8: whoever says it closes
    end_reason_ = "the log-in is not good any more";
    ended_ = true;
  }
  co_return reply;
}

void Session::tell_refused(const smtp::Reply& reply) {
  (reply.permanent() ? parts_.counters.refused : parts_.counters.deferred).add();
  base::Event refused = event("message.refused");
  refused.message = transaction_.message;
  refused.fields.emplace_back("from", transaction_.envelope.sender.text());
  refused.fields.emplace_back("to", join_addresses(transaction_.envelope.recipients));
  refused.fields.emplace_back("reply", reply.text());
  if (settings_.tell_subjects) add_subject(refused, transaction_.header);
  if (settings_.tell_moments) add_moments(refused);
  parts_.events.emit(refused);
}

void Session::describe_header(const message::HeaderScanner& header) {
  transaction_.received_fields = header.received_count();
  transaction_.delivered_to_fields = header.delivered_to_count();
  transaction_.header = header.header();
  transaction_.header_whole = !header.header_too_large();
}

// What was seen of the message as it went by.
void Session::describe(Watchers& watchers) {
  const message::HeaderScanner& header = watchers.header;
  describe_header(header);
  transaction_.arrived = parts_.doors.clock.wall();
  bool eight_bit = header.eight_bit();
  if (watchers.recoder) {
    watchers.recoder->finish();
    eight_bit = header.eight_bit_header() || watchers.recoder->eight_bit_left();
    transaction_.long_line = watchers.recoder->long_line();
    transaction_.recoding_starved = watchers.recoder->starved();
    transaction_.recoding = watchers.recoder->take_edits();
  }
  transaction_.envelope.eight_bit = transaction_.envelope.eight_bit || eight_bit;
}

// Reads to the real end of the message whatever is wrong with it, so that none of its lines is ever
// taken for a command. The error is the storage's (then reader.done()) or the connection's.
io::Task<base::Result<>> Session::receive(io::Ref<smtp::DataReader> reader,
                                          io::Ref<Watchers> watchers, io::Ref<queue::Draft> draft) {
  base::Result<> stored;
  std::string chunk;
  while (!reader->done()) {
    if (auto filled = co_await channel_.fill(settings_.data_timeout); !filled) co_return filled;
    chunk.clear();
    chunk.reserve(channel_.input().size());
    channel_.consume(reader->feed(channel_.input(), chunk));
    if (chunk.empty() || !stored || reader->fault()) continue;
    stored = co_await keep(watchers, draft, std::move(chunk));
  }
  co_return stored;
}

io::Task<base::Result<>> Session::keep(io::Ref<Watchers> watchers, io::Ref<queue::Draft> draft,
                                       std::string chunk) {
  watchers->header.feed(chunk);
  if (watchers->recoder) watchers->recoder->feed(chunk);
  show(*watchers, chunk);
  co_return co_await draft->append(std::move(chunk));
}

// Policy sees the message as it goes by: the header when it is whole, then what follows it.
void Session::show(Watchers& watchers, std::string_view chunk) {
  const message::HeaderScanner& header = watchers.header;
  if (!header.header_ended()) return;
  if (!watchers.header_told) {
    watchers.header_told = true;
    describe_header(header);
    parts_.policy.at_header(*visit_, transaction_);
    chunk.remove_prefix(chunk.size() - (header.size() - header.body_offset()));
  }
  if (!chunk.empty()) policy::Policy::at_body(*visit_, chunk);
}

// When MAIL, DATA and the final dot came, in microseconds before the event (trace/spans.h).
void Session::add_moments(base::Event& event) const {
  const auto before = [&event](base::Time moment) {
    return std::max<std::int64_t>(0, (event.time - moment).count());
  };
  event.fields.emplace_back("moments", fmt::format(FMT_COMPILE("{} {} {}"), before(mail_at_),
                                                   before(data_at_), before(transaction_.arrived)));
}

// The verdict, the commit, and only then 250 (HOUSE: no answer before its truth).
io::Task<smtp::Reply> Session::conclude(std::unique_ptr<queue::Draft> draft) {
  // What was long in coming is judged by what is known now: a password may have been changed.
  known_ = parts_.directory.snapshot();
  DraftOctets octets(*draft);
  policy::Verdict verdict =
      co_await parts_.policy.at_end_of_data(*visit_, transaction_, *known_, octets);
  tell_judged(verdict);
  transaction_.recoding = {};  // the verdict has it
  if (!verdict.accepted()) {
    co_await send_notices(std::move(verdict.notices));
    co_return std::move(verdict.reply);
  }
  queue::MessageInfo info = message_info(verdict);
  base::Event accepted = event(verdict.kind == policy::Verdict::Kind::discard ? "message.discarded"
                                                                              : "message.accepted");
  accepted.message = info.id;
  accepted.fields.emplace_back("from", info.envelope.sender.text());
  accepted.fields.emplace_back("to", join_addresses(info.envelope.recipients));
  accepted.fields.emplace_back("size", fmt::to_string(info.received_bytes));
  accepted.fields.emplace_back("peer", transaction_.peer.address.text());
  accepted.fields.emplace_back("helo", transaction_.helo);
  if (!transaction_.tls.protocol.empty()) {
    accepted.fields.emplace_back("tls", transaction_.tls.protocol);
  }
  if (info.hold) accepted.fields.emplace_back("hold", info.hold_reason);
  if (!info.account.empty()) accepted.fields.emplace_back("account", info.account);
  if (std::string ours = forwarded_as(info.envelope); !ours.empty()) {
    accepted.fields.emplace_back("forwarded_as", std::move(ours));
  }
  if (program_ != nullptr) {
    submitted_.id = info.id;
    submitted_.hold_reason = info.hold_reason;
    submitted_.release_at = info.release_at;
    if (const auto noted = co_await note_commit(); !noted) {
      co_return storage_reply(noted.error());
    }
  }
  if (settings_.tell_subjects) add_subject(accepted, transaction_.header);
  if (settings_.tell_moments) add_moments(accepted);
  const std::string id = info.id.text();
  if (verdict.kind != policy::Verdict::Kind::discard) {
    co_await sign(info, verdict, octets);
    // What takes a body's place goes where bodies go: a commit record is no place for megabytes.
    for (std::string& aside : info.content.set_aside(set_aside_bytes_min, draft->size())) {
      const auto kept = co_await draft->append(std::move(aside));
      if (!kept) co_return storage_reply(kept.error());
    }
    const auto safe =
        co_await parts_.queue.submit(std::move(draft), std::move(info), after_commit());
    if (!safe) {
      co_await note_failure(safe.error());
      co_return storage_reply(safe.error());
    }
  } else if (const queue::BeforeDue noted = after_commit()) {
    co_await noted();
  }
  ++messages_;
  parts_.counters.messages.add();
  if (!transaction_.login.empty()) parts_.counters.submissions.add();
  parts_.counters.message_bytes.add(transaction_.received_bytes);
  parts_.events.emit(accepted);
  co_await send_notices(std::move(verdict.notices));
  co_return smtp::reply(250, {2, 0, 0}, "Message " + id + " is safe on disk");
}

// One that cannot be sent is no reason to refuse the mail that it is about.
io::Task<void> Session::send_notices(std::vector<policy::Notice> notices) {
  for (policy::Notice& notice : notices) {
    const std::string to = notice.to.text();
    const NoticeWay way{.clock = parts_.doors.clock,
                        .queue = parts_.queue,
                        .known = *known_,
                        .signing = parts_.policy.signing()};
    const auto sent = co_await send_notice(way, std::move(notice), settings_.hostname);
    base::Event told = event(sent ? "notice.sent" : "notice.failed",
                             sent ? base::Severity::info : base::Severity::warning);
    told.fields.emplace_back("to", to);
    told.fields.emplace_back(sent ? "notice" : "error", sent ? sent->text() : sent.error().text());
    parts_.events.emit(told);
  }
}

queue::MessageInfo Session::message_info(policy::Verdict& verdict) const {
  queue::MessageInfo info;
  info.id = transaction_.message;
  info.accepted = transaction_.arrived;
  info.account = transaction_.account;
  info.release_at = transaction_.release_at;
  info.envelope = transaction_.envelope;
  info.junk = verdict.junk;
  change_envelope(info.envelope, verdict);
  policy::Policy::rewrite_senders(*visit_, *known_, verdict, info.envelope);
  info.received_bytes = transaction_.received_bytes;
  info.session_text = transaction_.session.text();
  info.hold = verdict.kind == policy::Verdict::Kind::hold;
  if (info.hold && !verdict.reasons.empty()) info.hold_reason = verdict.reasons.front();
  const std::string protocol = protocol_name(transaction_, program_);
  info.note = fmt::format(FMT_COMPILE("from {} ({}) by {}"), transaction_.peer.address.text(),
                          transaction_.helo, protocol);

  message::ReceivedInfo trace;
  // Where people's clients are is their own business.
  if (!is_local(program_) && (!transaction_.submission || !settings_.private_received)) {
    trace.helo = transaction_.helo;
    trace.peer = transaction_.peer.address.text();
  }
  trace.by = settings_.hostname;
  trace.protocol = protocol;
  if (!transaction_.tls.protocol.empty()) {
    trace.tls = transaction_.tls.protocol + " " + transaction_.tls.cipher;
  }
  trace.id = info.id.text();
  trace.priority = info.envelope.priority;
  if (info.envelope.recipients.size() == 1) {
    trace.for_address = info.envelope.recipients.front().original;
  }
  trace.time = info.accepted;
  info.content = message::Content::whole(info.received_bytes);
  info.content.apply(std::move(verdict.edits));
  for (const std::string& field : verdict.header_fields) info.content.prepend(field);
  // For Sieve behind LMTP. One that a stranger wrote himself was cut out by the policy.
  if (verdict.junk) info.content.prepend("X-Spam-Flag: YES\r\n");
  info.content.prepend(message::received_field(trace));
  return info;
}

}  // namespace session
