// See content.h.
#include "delivery/content.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "lib/smtp/data_writer.h"

namespace delivery {
namespace {

// A server that refuses in the middle of the text says so and hangs up: its reply may be there.
constexpr base::Duration early_reply_timeout = std::chrono::seconds(5);

io::Task<ContentEnd> read_early_reply(io::Ref<Client> client, base::Error error, bool dot_sent) {
  ContentEnd end;
  end.error = std::move(error);
  end.dot_sent = dot_sent;
  const bool may_speak =
      end.error.kind != base::ErrorKind::timed_out && end.error.kind != base::ErrorKind::cancelled;
  if (may_speak) {
    auto reply = co_await client->read_reply(early_reply_timeout);
    if (reply && (reply->temporary() || reply->permanent())) end.reply = std::move(*reply);
  }
  client->give_up();
  co_return end;
}

// What comes after the final dot.
io::Task<ContentEnd> read_end(io::Ref<Client> client, base::Duration timeout,
                              std::size_t accepted) {
  ContentEnd end;
  end.dot_sent = true;
  const std::size_t wanted = client->is_lmtp() ? accepted : 1;
  for (std::size_t i = 0; i < wanted; ++i) {
    auto reply = co_await client->read_reply(timeout);
    if (!reply) {
      end.error = reply.error();
      break;
    }
    if (client->is_lmtp()) {
      end.each.push_back(std::move(*reply));
    } else {
      end.reply = std::move(*reply);
    }
  }
  co_return end;
}

}  // namespace

io::Task<ContentEnd> send_content(io::Ref<Client> client, io::Ref<queue::BodyReader> body,
                                  io::Ref<const ContentWay> way) {
  smtp::DataWriter writer;
  std::string gathered;
  std::string scratch;
  std::uint64_t left = body->size();
  if (way->chunked) gathered = fmt::format("BDAT {} LAST\r\n", left);
  for (bool last = false; !last;) {
    const auto chunk = co_await body->next();
    if (!chunk) {
      // Without the dot the server throws away what it has (RFC 5321 §4.1.1.4).
      client->give_up();
      co_return ContentEnd{
          .reply = {}, .each = {}, .error = chunk.error(), .dot_sent = false, .local = true};
    }
    left -= std::min<std::uint64_t>(left, chunk->size());
    last = chunk->empty() || left == 0;
    const std::string_view ready = way->chunked ? *chunk : writer.feed(*chunk, scratch);
    if (!last && gathered.size() + ready.size() < write_bytes) {
      gathered += ready;
      continue;
    }
    // The end goes with the last octets: a small message is one write.
    const std::array<std::string_view, 3> pieces{
        gathered, ready, last && !way->chunked ? writer.finish() : std::string_view()};
    const auto written = co_await client->write(pieces, way->settings.data_block_timeout);
    if (!written) co_return co_await read_early_reply(client, written.error(), last);
    gathered.clear();
  }
  co_return co_await read_end(client, way->settings.data_done_timeout, way->accepted);
}

}  // namespace delivery
