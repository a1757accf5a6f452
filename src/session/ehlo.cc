// See session.h. HELO and EHLO (RFC 5321 §4.1.1.1).
#include "session/session.h"

namespace session {
namespace {

// RFC 9422 §4.1 and §4.2 give a limit six digits; one beyond is none that anybody meets.
std::optional<std::uint64_t> told_limit(std::size_t limit) {
  constexpr std::size_t told_max = 999'999;
  if (limit > told_max) return std::nullopt;
  return limit;
}

}  // namespace

io::Task<smtp::Reply> Session::helo(std::string_view argument) {
  auto name = smtp::parse_helo(argument);
  if (!name) co_return name.error();
  co_await reset_transaction();
  transaction_.helo = std::move(*name);
  transaction_.esmtp = false;
  policy::Verdict verdict = co_await parts_.policy.at_helo(*visit_, transaction_);
  if (!verdict.accepted()) {
    transaction_.helo.clear();
    co_return refuse("HELO " + std::string(argument), std::move(verdict));
  }
  co_return smtp::reply(250, settings_.hostname);
}

io::Task<smtp::Reply> Session::ehlo(std::string_view argument) {
  auto name = smtp::parse_helo(argument);
  if (!name) co_return name.error();
  co_await reset_transaction();
  transaction_.helo = std::move(*name);
  transaction_.esmtp = true;
  policy::Verdict verdict = co_await parts_.policy.at_helo(*visit_, transaction_);
  if (!verdict.accepted()) {
    transaction_.helo.clear();
    co_return refuse((is_lmtp() ? "LHLO " : "EHLO ") + std::string(argument), std::move(verdict));
  }
  smtp::Reply reply;
  reply.code = 250;
  reply.lines.push_back(settings_.hostname);
  for (std::string& line : smtp::ehlo_lines(offered())) reply.lines.push_back(std::move(line));
  reply.lines.emplace_back("HELP");  // RFC 5321 §4.1.1.1: a command that is not required is listed
  co_return reply;
}

smtp::Extensions Session::offered() const {
  const bool in_clear = transaction_.tls.protocol.empty();
  smtp::Extensions offered;
  offered.pipelining = true;
  offered.eightbitmime = true;
  offered.enhanced_codes = true;
  offered.dsn = true;
  offered.mt_priority = true;
  offered.deliver_by = static_cast<std::uint64_t>(
      std::chrono::ceil<std::chrono::seconds>(settings_.deliver_by_min).count());
  offered.smtputf8 = true;
  offered.chunking = true;
  offered.binarymime = true;
  offered.xclient = xclient_attributes();
  // RFC 9422 §4; of recipients' domains (RCPTDOMAINMAX) there may be as many as recipients.
  offered.rcpt_max = told_limit(settings_.recipients_max);
  offered.mail_max = told_limit(settings_.messages_per_session_max);
  offered.size = settings_.message_bytes_max;
  offered.starttls = in_clear && rules_.listener.tls == Tls::starttls && rules_.tls != nullptr &&
                     rules_.listener.socket_path.empty();
  offered.requiretls = !in_clear;  // RFC 8689 §2: within TLS only
  // Passwords only inside TLS, and only where people log in.
  if (!in_clear && transaction_.submission) {
    offered.auth = parts_.authenticator.mechanisms(binding());
  }
  // RFC 4865: for people's mail only; nobody else's waits on our disk.
  if (transaction_.submission && !transaction_.login.empty() &&
      settings_.hold_for_max.count() > 0) {
    const auto longest = std::chrono::floor<std::chrono::seconds>(settings_.hold_for_max);
    const auto now = std::chrono::floor<std::chrono::seconds>(parts_.doors.clock.wall());
    offered.future_release = {.seconds_max = static_cast<std::uint64_t>(longest.count()),
                              .until_max = now + longest};
  }
  return offered;
}

}  // namespace session
