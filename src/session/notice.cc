// See notice.h.
#include "session/notice.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/message/trace_fields.h"

namespace session {
namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// In a header field: without line ends. UTF-8 stays: only addresses bring it, and then the whole
// message is an internationalized one (RFC 6532).
std::string in_header(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '?' : c;
  return out;
}

}  // namespace

std::string notice_text(const policy::Notice& notice, const std::string& id,
                        const std::string& hostname, base::Time now) {
  const message::Address from{.local = "postmaster", .domain = notice.to.domain};
  const bool ascii = is_ascii(notice.text);
  std::string out = message::date_field(now) + message::message_id_field(id, hostname);
  out += fmt::format("From: Mail server <{}>\r\n", from.text());
  out += fmt::format("To: <{}>\r\n", notice.to.text());
  out += fmt::format("Subject: {}\r\n", in_header(notice.subject));
  out += "Auto-Submitted: auto-generated\r\n";  // RFC 3834 §5.1: nobody's robot answers it
  out += "MIME-Version: 1.0\r\n";
  out += fmt::format("Content-Type: text/plain; charset={}\r\n", ascii ? "us-ascii" : "utf-8");
  out += fmt::format("Content-Transfer-Encoding: {}\r\n\r\n", ascii ? "7bit" : "8bit");
  for (const char c : notice.text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

io::Task<base::Result<base::MessageId>> send_notice(NoticeWay way, policy::Notice notice,
                                                    std::string hostname) {
  queue::MessageInfo info;
  info.id = way.queue.next_id();
  info.accepted = way.clock.wall();
  message::Recipient to;
  to.address = to.original = notice.to;
  to.notify = message::notify_never;
  info.envelope.recipients = way.known.expand(to).recipients;
  if (info.envelope.recipients.empty()) info.envelope.recipients.push_back(to);
  std::string text = notice_text(notice, info.id.text(), hostname, info.accepted);
  info.envelope.eight_bit = !is_ascii(text);
  if (way.signing != nullptr) {
    text.insert(0, co_await way.signing->sign_text(text, {}));
  }
  info.envelope.smtputf8 = !notice.to.is_ascii() || !is_ascii(notice.subject);
  info.received_bytes = text.size();
  info.content = message::Content::whole(text.size());
  info.session_text = "local";
  info.note = "notice to " + notice.to.text();
  info.is_dsn = true;  // HOUSE invariants 3 and 10: no report about it, and it counts for nobody
  auto draft = way.queue.open_draft();
  if (auto taken = co_await draft->append(std::move(text)); !taken) {
    co_return std::unexpected(std::move(taken.error()));
  }
  const base::MessageId id = info.id;
  if (auto safe = co_await way.queue.submit(std::move(draft), std::move(info)); !safe) {
    co_return std::unexpected(std::move(safe.error()));
  }
  co_return id;
}

}  // namespace session
