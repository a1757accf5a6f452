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

// What went wrong; empty when all went as written.
io::Task<std::string> converse(io::sim::Host* client, const Dialog* dialog) {
  const auto to = io::Endpoint::parse("192.0.2.1:" + dialog->port);
  auto peer = co_await io::sim::dial(client->doors().network, *to);
  if (peer == nullptr) co_return "no connection";
  for (const auto& [kind, text] : dialog->lines) {
    if (kind == 'C') (void)co_await peer->send(text + "\r\n");
    if (kind == 'X') (void)co_await peer->send(unescape(text));
    if (kind == 'S') {
      const std::string said = co_await peer->read_line();
      if (!matches(said, text)) co_return "expected \"" + text + "\", got \"" + said + "\"";
    }
    if (kind == 'R') {
      const std::string said = co_await peer->read_reply();
      if (!said.starts_with(text)) co_return "expected " + text + ", got \"" + said + "\"";
    }
    if (kind == 'E') {
      const std::string rest = co_await peer->read_all();
      if (!rest.empty()) co_return "expected the end, got \"" + rest + "\"";
    }
  }
  co_return "";
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
