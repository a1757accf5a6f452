// See host_session.h.
#include "tools/simulate/wire/host_session.h"

#include <utility>

#include "lib/smtp/data_reader.h"

namespace simulate::wire {
namespace {

std::string_view address_in(std::string_view argument) {
  const std::size_t from = argument.find('<');
  const std::size_t to = argument.find('>', from);
  if (from == std::string_view::npos || to == std::string_view::npos) return {};
  return argument.substr(from + 1, to - from - 1);
}

}  // namespace

io::Task<void> HostSession::run() {
  if (!co_await say(manners_->greet())) co_return;
  using Status = smtp::CommandReader::Status;
  for (bool goes_on = true; goes_on;) {
    const Status status = reader_.feed(input_);
    if (status == Status::need_more) {
      goes_on = co_await fill();
    } else if (status == Status::fault) {
      reader_.reply().append_wire(out_);
    } else {
      const smtp::Command command = smtp::parse_command(reader_.line());
      goes_on = co_await obey(command.verb, std::string(command.argument));
    }
  }
  (void)co_await flush();
}

io::Task<bool> HostSession::flush() {
  if (out_.empty()) co_return true;
  if (manners_->down()) co_return false;
  const auto sent = co_await stream_->write(std::string_view(out_));
  out_.clear();
  co_return sent.has_value();
}

io::Task<bool> HostSession::fill() {
  if (!co_await flush()) co_return false;
  buffer_.resize(buffer_bytes);
  const auto got = co_await stream_->read_some(buffer_);
  if (!got) co_return false;
  input_ = {buffer_.data(), *got};
  co_return !manners_->down();
}

// False: the host hangs up, or cannot be heard.
io::Task<bool> HostSession::say(Word word) {
  if (word.wait.count() > 0) {
    if (!co_await flush()) co_return false;
    if (!co_await io::sleep_for(clock_, word.wait)) co_return false;
  }
  if (word.text.empty() || manners_->down()) co_return false;
  out_ += word.text;
  if (!word.closes) co_return true;
  (void)co_await flush();
  co_return false;
}

// False ends the conversation.
io::Task<bool> HostSession::obey(smtp::Verb verb, std::string argument) {
  switch (verb) {
    case smtp::Verb::ehlo: out_ += "250-host\r\n250-PIPELINING\r\n250 8BITMIME\r\n"; break;
    case smtp::Verb::mail: co_return co_await say(manners_->mail(address_in(argument)));
    case smtp::Verb::rcpt: co_return co_await say(manners_->rcpt(address_in(argument)));
    case smtp::Verb::data: co_return co_await data();
    case smtp::Verb::quit: out_ += "221 2.0.0 bye\r\n"; co_return false;
    case smtp::Verb::rset:
    case smtp::Verb::noop: out_ += "250 2.0.0 ok\r\n"; break;
    default: out_ += "502 5.5.1 not implemented\r\n"; break;
  }
  co_return true;
}

io::Task<bool> HostSession::data() {
  Word go = manners_->data();
  const bool refused = !go.text.starts_with("354");
  if (!co_await say(std::move(go)) || !co_await flush()) co_return false;
  if (refused) co_return true;
  smtp::DataReader reader;
  for (;;) {
    text_.clear();
    input_.remove_prefix(reader.feed(input_, text_));
    manners_->text(text_);
    if (reader.done()) break;
    if (!co_await fill()) co_return false;
  }
  if (const auto fault = reader.fault()) {
    smtp::fault_reply(*fault).append_wire(out_);
    co_return true;
  }
  Word end = manners_->end();
  const bool closes = end.closes;
  end.closes = false;
  // Said at once, not with the next answer: who waits for it keeps the message until then.
  if (!co_await say(std::move(end)) || !co_await flush()) {
    manners_->unheard();
    co_return false;
  }
  co_return !closes;
}

}  // namespace simulate::wire
