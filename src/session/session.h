// session/session.h: one inbound SMTP conversation (RFC 5321 §3).
//
// What:    greets, reads commands, gives each to its function (one file per command), counts
//          errors.
// In/Out:  a Stream → transactions that policy judged and the queue has on disk; replies to the
//          client.
// Errors:  the peer's silence is 421 4.4.2, our stopping 421 4.3.2, too many errors 421 4.7.0.
// Limits:  session/settings.h.
// Not here: reading and writing (channel.h), judging (policy/), storing (queue/).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.h"
#include "lib/base/budget.h"
#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/io/doors.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/io/tls.h"
#include "lib/message/header.h"
#include "lib/message/recode.h"
#include "lib/smtp/bdat_reader.h"
#include "lib/smtp/command.h"
#include "lib/smtp/data_reader.h"
#include "lib/smtp/extensions.h"
#include "lib/smtp/reply.h"
#include "lib/smtp/xclient.h"
#include "policy/login/authenticator.h"
#include "policy/policy.h"
#include "policy/transaction.h"
#include "queue/queue.h"
#include "session/channel.h"
#include "session/crowd.h"
#include "session/settings.h"
#include "session/status.h"
#include "session/submission.h"

namespace session {

// What every session of a loop shares. The parts outlive the sessions.
struct Parts {
  Parts(io::Doors doors_in, queue::Queue& queue_in, directory::Directory& directory_in,
        policy::Policy& policy_in, policy::Authenticator& authenticator_in,
        base::EventSink& events_in, base::IdMaker& ids_in, Counters counters_in)
      : doors(doors_in),
        queue(queue_in),
        directory(directory_in),
        policy(policy_in),
        authenticator(authenticator_in),
        events(events_in),
        ids(ids_in),
        counters(counters_in) {}
  io::Doors doors;
  queue::Queue& queue;
  directory::Directory& directory;
  policy::Policy& policy;
  policy::Authenticator& authenticator;
  base::EventSink& events;
  base::IdMaker& ids;
  Counters counters;
  base::Budget recoding;  // memory of all bodies that are being recoded
  Crowd crowd;
  io::CancelScope closing;  // cancelled at stop: ends the waits between two transactions
};

// The listed proxy that a session came through.
struct Proxy {
  io::Endpoint at;
  bool client_unknown = false;  // it cannot tell for whom it speaks
};

// What one listener gives its sessions; a reload gives new sessions new ones.
struct Rules {
  std::shared_ptr<const Settings> settings;
  ListenerSetting listener;
  std::shared_ptr<io::TlsServer> tls;
  std::optional<Proxy> proxy = std::nullopt;
};

// What looks at a message as it goes by.
struct Watchers {
  message::HeaderScanner header;
  std::optional<message::LeafRecoder> recoder;  // of a submission
  bool header_told = false;                     // policy has seen the header
};

// A message that comes by BDAT, from its first chunk to its last.
struct Chunks {
  explicit Chunks(smtp::BdatReader reader_in) : reader(reader_in) {}
  smtp::BdatReader reader;
  Watchers watchers;
  std::unique_ptr<queue::Draft> draft;
  std::optional<smtp::Reply> refusal;  // what follows is read and thrown away
};

class Session {
 public:
  Session(Parts& parts, Rules rules, std::unique_ptr<io::Stream> stream,
          Crowd::Place place = Crowd::Place());
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The whole conversation; ends when the connection is over.
  io::Task<void> run();
  // In its place: one message that a program has brought; nothing is said on the stream.
  io::Task<Submitted> submit(Submission mail);

 private:
  // session.cc: the loop
  [[nodiscard]] io::CancelScope* closing();
  io::Task<smtp::Reply> answer(std::string_view line);
  void farewell(const base::Error& error);
  void count_error(const smtp::Reply& reply);
  void report_begin();
  void report_end();
  // banned.cc: says so to who is shut out
  bool banned();
  // proxied.cc: what a proxy says, and one that is not listed
  [[nodiscard]] bool is_proxy_header(std::string_view line) const;
  io::Task<smtp::Reply> stray_proxy_header();
  [[nodiscard]] std::optional<smtp::Reply> unknown_client() const;
  // xclient.cc
  io::Task<smtp::Reply> xclient(std::string_view argument);
  [[nodiscard]] bool may_say_xclient() const;
  [[nodiscard]] std::vector<std::string> xclient_attributes() const;
  std::optional<smtp::Reply> become(const smtp::Xclient& said);
  io::Task<smtp::Reply> begin_anew(io::Ref<const smtp::Xclient> said);
  // lmtp.cc
  [[nodiscard]] bool is_lmtp() const;
  io::Task<smtp::Reply> wrong_hello(smtp::Verb verb);
  [[nodiscard]] smtp::Reply no_recipients() const;
  smtp::Reply for_each_recipient(smtp::Reply reply);
  [[nodiscard]] smtp::Reply greeting() const;
  // at_connect.cc: implicit TLS, the checks before the greeting, the greeting
  io::Task<bool> begin();
  io::Task<bool> admitted();
  io::Task<bool> speaks_early();
  // ehlo.cc
  io::Task<smtp::Reply> helo(std::string_view argument);
  io::Task<smtp::Reply> ehlo(std::string_view argument);
  [[nodiscard]] smtp::Extensions offered() const;
  // starttls.cc
  io::Task<smtp::Reply> starttls(std::string_view argument);
  io::Task<base::Result<>> handshake();
  // auth.cc
  io::Task<smtp::Reply> auth(std::string_view argument);
  [[nodiscard]] std::optional<smtp::Reply> auth_out_of_order() const;
  io::Task<smtp::Reply> converse(std::unique_ptr<sasl::Exchange> exchange,
                                 std::optional<std::string> initial);
  io::Task<smtp::Reply> conclude_login(io::Ref<sasl::Exchange> exchange, sasl::Step step);
  io::Task<std::expected<std::string, smtp::Reply>> ask(std::string challenge);
  io::Task<base::Result<Channel::Line>> next_line();
  void report_login(const policy::LoginVerdict& verdict);
  [[nodiscard]] sasl::ChannelBinding binding() const;
  [[nodiscard]] std::size_t line_bytes_max() const;
  // mail.cc, rcpt.cc
  io::Task<smtp::Reply> mail(std::string_view argument);
  io::Task<smtp::Reply> begin_message(smtp::MailParams params, std::string_view argument);
  [[nodiscard]] std::optional<smtp::Reply> take_times(const smtp::MailParams& params);
  [[nodiscard]] smtp::Reply take_priority(int asked);
  io::Task<smtp::Reply> rcpt(std::string_view argument);
  io::Task<smtp::Reply> add_recipient(smtp::RcptParams params);
  // submit.cc
  io::Task<smtp::Reply> admit_program(io::Ref<const Submission> mail);
  io::Task<bool> address_message(io::Ref<const Submission> mail);
  io::Task<smtp::Reply> take_message(std::string_view text);
  io::Task<base::Result<>> note_commit();
  io::Task<void> note_failure(base::Error error);
  [[nodiscard]] queue::BeforeDue after_commit() const;
  // data.cc
  io::Task<smtp::Reply> data(std::string_view argument);
  [[nodiscard]] smtp::DataLimits data_limits() const;
  io::Task<std::optional<smtp::Reply>> begin_data();
  io::Task<base::Result<>> keep(io::Ref<Watchers> watchers, io::Ref<queue::Draft> draft,
                                std::string chunk);
  io::Task<smtp::Reply> end_data(io::Ref<smtp::DataReader> reader, io::Ref<Watchers> watchers,
                                 std::unique_ptr<queue::Draft> draft, base::Result<> received);
  io::Task<base::Result<>> receive(io::Ref<smtp::DataReader> reader, io::Ref<Watchers> watchers,
                                   io::Ref<queue::Draft> draft);
  void watch_recoding(Watchers& watchers);
  [[nodiscard]] static smtp::Reply storage_reply(const base::Error& error);
  io::Task<smtp::Reply> conclude_received(io::Ref<Watchers> watchers,
                                          std::unique_ptr<queue::Draft> draft);
  void tell_refused(const smtp::Reply& reply);
  void add_moments(base::Event& event) const;
  void describe_header(const message::HeaderScanner& header);
  void describe(Watchers& watchers);
  void show(Watchers& watchers, std::string_view chunk);
  io::Task<smtp::Reply> conclude(std::unique_ptr<queue::Draft> draft);
  [[nodiscard]] queue::MessageInfo message_info(policy::Verdict& verdict) const;
  io::Task<void> send_notices(std::vector<policy::Notice> notices);
  // bdat.cc
  io::Task<smtp::Reply> bdat(std::string_view argument);
  io::Task<smtp::Reply> begin_chunks();
  io::Task<base::Result<>> receive_chunk();
  io::Task<base::Result<>> take_octets(std::string octets);
  io::Task<smtp::Reply> after_chunk(base::Result<> received, std::uint64_t bytes);
  // sign.cc
  io::Task<void> sign(io::Ref<queue::MessageInfo> info, io::Ref<const policy::Verdict> verdict,
                      io::Ref<policy::ReceivedOctets> octets);
  // simple.cc
  io::Task<smtp::Reply> simple(smtp::Command command);
  io::Task<smtp::Reply> too_long();
  smtp::Reply vrfy(std::string_view argument) const;

  io::Task<void> reset_transaction();
  smtp::Reply refuse(std::string_view command, policy::Verdict verdict);
  // judged.cc; `refused`: the recipient that it is about, when it is not the whole message
  void tell_judged(const policy::Verdict& verdict, const message::Recipient* refused = nullptr);
  base::Event event(std::string_view name, base::Severity severity = base::Severity::info) const;
  void report_refusal(std::string_view command, const smtp::Reply& reply);

  Parts& parts_;
  const Rules rules_;
  const Settings& settings_;
  Crowd::Place place_;
  const base::Instant ends_at_;
  Channel channel_;
  policy::Transaction transaction_;
  std::unique_ptr<policy::Visit> visit_;
  std::shared_ptr<const directory::Snapshot> known_;  // of this transaction
  std::unique_ptr<Chunks> chunks_;
  base::Time mail_at_, data_at_;  // for Settings::tell_moments
  bool mail_given_ = false;
  std::vector<std::string> lmtp_recipients_;  // of this message, as they were named
  bool recipient_judged_ = false;  // one event of a transaction tells why recipients are refused
  bool ended_ = false;
  std::string end_reason_ = "quit";
  unsigned errors_ = 0;
  unsigned failed_logins_ = 0;
  unsigned unknown_recipients_ = 0;
  std::size_t messages_ = 0;
  // Of a program's message: how it came and what becomes of it; null in a conversation.
  const SubmissionWay* program_ = nullptr;
  Submitted submitted_;
};

}  // namespace session
