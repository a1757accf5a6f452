// See command.h.
#include "lib/milter/command.h"

#include "lib/base/check.h"
#include "lib/milter/protocol.h"
#include "lib/milter/wire.h"

namespace milter {
namespace {

std::string with_texts(char letter, const std::vector<std::string>& texts) {
  std::string payload;
  for (const std::string& text : texts) put_text(payload, text);
  return packet(letter, payload);
}

}  // namespace

std::string connect_command(const Client& client) {
  std::string payload;
  put_text(payload, client.host);
  if (client.address.empty()) return packet('C', payload + 'U');
  payload += client.v6 ? '6' : '4';
  payload += static_cast<char>(client.port >> 8U);
  payload += static_cast<char>(client.port & 0xffU);
  put_text(payload, client.address);
  return packet('C', payload);
}

std::string helo_command(std::string_view name) {
  std::string payload;
  put_text(payload, name);
  return packet('H', payload);
}

std::string mail_command(const std::vector<std::string>& arguments) {
  return with_texts('M', arguments);
}

std::string rcpt_command(const std::vector<std::string>& arguments) {
  return with_texts('R', arguments);
}

std::string data_command() { return packet('T', {}); }

std::string header_command(std::string_view name, std::string_view value) {
  std::string payload;
  payload.reserve(name.size() + value.size() + 2);
  put_text(payload, name);
  put_text(payload, value);
  return packet('L', payload);
}

std::string end_of_headers_command() { return packet('N', {}); }

std::string body_command(std::string_view chunk) {
  CHECK(chunk.size() <= chunk_bytes_max, "a chunk of a body fits a packet");
  return packet('B', chunk);
}

std::string end_of_body_command() { return packet('E', {}); }

std::string unknown_command(std::string_view line) {
  std::string payload;
  put_text(payload, line);
  return packet('U', payload);
}

std::string abort_command() { return packet('A', {}); }
std::string quit_command() { return packet('Q', {}); }
std::string quit_new_connection_command() { return packet('K', {}); }

std::string macro_command(char letter, const Macros& macros) {
  std::string payload(1, letter);
  for (const auto& [name, value] : macros) {
    put_text(payload, name);
    put_text(payload, value);
  }
  return packet('D', payload);
}

std::string options_command(std::string_view offer) { return packet('O', offer); }

}  // namespace milter
