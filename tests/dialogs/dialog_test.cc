// Tests of the dialogue: every .smtp of tests/dialogs and its folders against the whole server in
// memory.
//
// A dialogue file is text: lines "C: …" are sent with CRLF, "S: …" are what the server must say
// ("*" at the end of such a line stands for anything), "R: 250" is a reply of that code with
// however many lines, "X: …" sends the bytes as written with \r \n \0 \\ \xNN, "E:" expects the
// end of the connection, "# …" is a comment, "@ 587" chooses another port (first line), "Z: …" is
// a line of the DNS (lib/dns/zone_resolver.h).
// tests/e2e/test_dialogs.py runs the files of tests/dialogs itself, which need no DNS, against the
// real program.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "lib/base/text.h"
#include "lib/io/sim/script.h"
#include "tests/sim/home.h"

namespace {

struct Dialog {
  std::string file;
  std::string port = "25";
  std::string zone;
  std::vector<std::pair<char, std::string>> lines;
};

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char kind = text[++i];
    if (kind == 'r') out += '\r';
    if (kind == 'n') out += '\n';
    if (kind == '0') out += '\0';
    if (kind == '\\') out += '\\';
    if (kind == 'x' && i + 2 < text.size()) {
      out += base::unhex(text.substr(i + 1, 2)).value_or("");
      i += 2;
    }
  }
  return out;
}

Dialog read_dialog(const std::filesystem::path& path) {
  Dialog dialog{.file = path.filename().string(), .zone = {}, .lines = {}};
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("@ ")) {
      dialog.port = line.substr(2);
    } else if (line.starts_with("Z: ")) {
      dialog.zone += line.substr(3) + "\n";
    } else {
      dialog.lines.emplace_back(line[0], line.size() > 3 ? line.substr(3) : "");
    }
  }
  return dialog;
}

std::vector<Dialog> all_dialogs() {
  std::vector<Dialog> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(STAGEPOST_DIALOGS)) {
    if (entry.path().extension() == ".smtp") out.push_back(read_dialog(entry.path()));
  }
  std::ranges::sort(out, {}, &Dialog::file);
  return out;
}

bool matches(std::string_view said, std::string_view expected) {
  if (!expected.ends_with('*')) return said == expected;
  return said.starts_with(expected.substr(0, expected.size() - 1));
}

// RFC 2034 §4: every reply has an enhanced code but the greeting, those to EHLO and its kin, which
// begin with our name, and what asks for more (3yz).
class CodeCheck {
 public:
  // One line of a reply. What is missing; empty: nothing.
  std::string look(std::string_view line) {
    if (line.size() < 5 || line.starts_with("220 mx.home.test ") || line.starts_with('3'))
      return "";
    const bool hello = in_hello_ || line.substr(4) == "mx.home.test";
    in_hello_ = hello && line[3] == '-';
    if (hello) return "";
    const std::string_view code = line.substr(4, line.find(' ', 4) - 4);
    const auto points = std::ranges::count(code, '.');
    const bool good =
        points == 2 && code.front() == line.front() &&
        std::ranges::all_of(code, [](char c) { return base::is_digit(c) || c == '.'; });
    return good ? "" : "no enhanced code: " + std::string(line);
  }

 private:
  bool in_hello_ = false;
};

// What went wrong; empty when all went as written.
io::Task<std::string> converse(io::sim::Host* client, const Dialog* dialog) {
  const auto to = io::Endpoint::parse("192.0.2.1:" + dialog->port);
  auto peer = co_await io::sim::dial(client->doors().network, *to);
  if (peer == nullptr) co_return "no connection";
  CodeCheck codes;
  for (const auto& [kind, text] : dialog->lines) {
    if (kind == 'C') (void)co_await peer->send(text + "\r\n");
    if (kind == 'X') (void)co_await peer->send(unescape(text));
    if (kind == 'S') {
      const std::string said = co_await peer->read_line();
      if (!matches(said, text)) co_return "expected \"" + text + "\", got \"" + said + "\"";
      if (std::string missing = codes.look(said); !missing.empty()) co_return missing;
    }
    if (kind == 'R') {
      const std::string said = co_await peer->read_reply();
      if (!said.starts_with(text)) co_return "expected " + text + ", got \"" + said + "\"";
      for (const std::string_view line : base::split(said, '\n')) {
        if (std::string missing = codes.look(line); !missing.empty()) co_return missing;
      }
    }
    if (kind == 'E') {
      const std::string rest = co_await peer->read_all();
      if (!rest.empty()) co_return "expected the end, got \"" + rest + "\"";
    }
  }
  co_return "";
}

// Those that know the dialogues' client as a proxy.
void add_listeners(sim::Home& home) {
  const std::vector<io::IpNetwork> client = {*io::IpNetwork::parse("198.51.100.9")};
  const auto add = [&home](std::uint16_t port, session::Role role) -> session::ListenerSetting& {
    session::ListenerSetting listener;
    listener.name = fmt::format("behind-{}", port);
    listener.at = {.address = *io::IpAddress::parse("192.0.2.1"), .port = port};
    listener.role = role;
    listener.tls = session::Tls::none;
    return home.config.session.listeners.emplace_back(std::move(listener));
  };
  add(2525, session::Role::mx).proxies = client;
  add(2526, session::Role::mx).xclient = client;
  add(2587, session::Role::submission).xclient = client;
  session::ListenerSetting& both = add(2528, session::Role::mx);
  both.proxies = both.xclient = client;
  add(24, session::Role::mx).protocol = session::Protocol::lmtp;
  add(2529, session::Role::mx).clients = {*io::IpNetwork::parse("203.0.113.0/24")};
}

class DialogTest : public testing::TestWithParam<Dialog> {};

TEST_P(DialogTest, GoesAsWritten) {
  io::sim::World world(1);
  io::sim::Host client(world, {"198.51.100.9"});
  sim::Home home(world, "192.0.2.1", GetParam().zone);
  home.config.session.message_bytes_max = 65'536;
  home.config.session.recipients_max = 100;
  home.config.session.errors_max = 5;
  home.config.session.command_line_bytes_max = 600;
  add_listeners(home);
  home.contents.logins.push_back({.login = "you@home.test", .verifier = ""});
  home.contents.mailboxes.emplace_back("j\xc3\xb6rg@home.test");
  ASSERT_TRUE(home.start());
  EXPECT_EQ(world.run(converse(&client, &GetParam())), "");
}

INSTANTIATE_TEST_SUITE_P(All, DialogTest, testing::ValuesIn(all_dialogs()), [](const auto& info) {
  std::string name = info.param.file.substr(0, info.param.file.find('.'));
  std::ranges::replace_if(
      name, [](char c) { return !base::is_alpha(c) && !base::is_digit(c); }, '_');
  return name;
});

}  // namespace
