// See look_alike.h.
#include "lib/message/look_alike.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace message {
namespace {

constexpr char32_t unknown = 0xFFFD;

// One code point from the front; unknown for what is malformed (RFC 3629).
char32_t next_code_point(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (lead < 0x80) return lead;
  const unsigned more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < more) return unknown;
  char32_t out = lead & (0x3FU >> more);
  for (unsigned i = 0; i < more; ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    if ((octet & 0xC0U) != 0x80) return unknown;
    out = (out << 6U) | (octet & 0x3FU);
  }
  constexpr std::array<char32_t, 4> least = {0, 0x80, 0x800, 0x10000};  // else it is overlong
  const bool surrogate = out >= 0xD800 && out <= 0xDFFF;
  if (out < least.at(more) || out > 0x10FFFF || surrogate) return unknown;
  text.remove_prefix(more);
  return out;
}

void append(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const unsigned more = c >= 0x10000 ? 3 : c >= 0x800 ? 2 : 1;
  constexpr std::array<unsigned, 4> leads = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(leads.at(more) | (c >> (6 * more)));
  for (unsigned i = more; i-- > 0;) out += static_cast<char>(0x80U | ((c >> (6 * i)) & 0x3FU));
}

struct Range {
  char32_t first;
  std::string_view letters;  // one for each code point from there; '.': not here
};

// Latin letters with marks, both cases: what remains without the mark.
constexpr std::array ranges = {
    Range{0x00C0, "aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.y"},
    Range{0x0100, "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkkklllllllllln"},
    Range{0x0144, "nnnnnnnnoooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"},
    Range{0x01CD, "aaiioouuuuuuuuuu"},
    Range{0x1E00, "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnn"},
    Range{0x1E4C, "oooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzz"},
    Range{0x1EA0, "aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooo"},
    Range{0x1EE4, "uuuuuuuuuuuuuuyyyyyyyy"},
    // Cyrillic and Greek by shape; capitals are lowered before.
    Range{0x0430, "a.br.e....k.mhonpcty.x......b..."},
    Range{0x0450, "eehresiij..hknyu"},
    Range{0x03AC, "aeni.aby.e.n.ik..v.o.p..tu.x.wiuouw"},
};

struct Twin {
  char32_t point;
  std::string_view text;
};
// Sorted by code point.
constexpr std::array twins = {
    Twin{0x00AA, "a"},  Twin{0x00BA, "o"},  Twin{0x00C6, "ae"}, Twin{0x00DF, "ss"},
    Twin{0x00E6, "ae"}, Twin{0x0152, "oe"}, Twin{0x0153, "oe"}, Twin{0x0192, "f"},
    Twin{0x0237, "j"},  Twin{0x0251, "a"},  Twin{0x025B, "e"},  Twin{0x0261, "g"},
    Twin{0x0269, "i"},  Twin{0x026A, "i"},  Twin{0x0274, "n"},  Twin{0x0280, "r"},
    Twin{0x028F, "y"},  Twin{0x029F, "l"},  Twin{0x04AF, "y"},  Twin{0x04BB, "h"},
    Twin{0x04CF, "l"},  Twin{0x0501, "d"},  Twin{0x051B, "q"},  Twin{0x051D, "w"},
    Twin{0x0563, "q"},  Twin{0x0566, "q"},  Twin{0x0570, "h"},  Twin{0x0578, "n"},
    Twin{0x057D, "u"},  Twin{0x0581, "g"},  Twin{0x0585, "o"},  Twin{0x1D00, "a"},
    Twin{0x1D04, "c"},  Twin{0x1D07, "e"},  Twin{0x1D0F, "o"},  Twin{0x1D1B, "t"},
    Twin{0x1D1C, "u"},  Twin{0x1E9E, "ss"}, Twin{0x2010, "-"},  Twin{0x2011, "-"},
    Twin{0x2013, "-"},  Twin{0x2019, "'"},  Twin{0x2113, "l"},
};

// Capitals of Cyrillic, Greek, Armenian and ASCII as their small letters; full-width and
// mathematical letters as ASCII.
char32_t lowered(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
  if (c >= 0x1D400 && c < 0x1D6A4)
    c = U'A' + (c - 0x1D400) % 52 + ((c - 0x1D400) % 52 > 25 ? 6 : 0);
  if (c >= 0x1D7CE && c <= 0x1D7FF) c = U'0' + (c - 0x1D7CE) % 10;
  if (c >= U'A' && c <= U'Z') return c + 32;
  if (c >= 0x0410 && c <= 0x042F) return c + 32;
  if (c >= 0x0400 && c <= 0x040F) return c + 80;
  if (c >= 0x0391 && c <= 0x03A9) return c + 32;
  if (c >= 0x0531 && c <= 0x0556) return c + 48;
  if (c == 0x04C0) return 0x04CF;
  return c;
}

// What is not seen: zero width, soft hyphen, marks that combine, directions.
bool is_invisible(char32_t c) {
  return c == 0x00AD || (c >= 0x0300 && c <= 0x036F) || c == 0x034F || c == 0x061C || c == 0x180E ||
         (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF;
}

std::optional<std::string_view> twin_of(char32_t c) {
  const auto* at = std::ranges::lower_bound(twins, c, {}, &Twin::point);
  if (at != twins.end() && at->point == c) return at->text;
  for (const Range& range : ranges) {
    if (c < range.first || c >= range.first + range.letters.size()) continue;
    const std::string_view letter = range.letters.substr(c - range.first, 1);
    if (letter != ".") return letter;
  }
  return std::nullopt;
}

enum class Script : std::uint8_t { none, latin, greek, cyrillic, armenian };

Script script_of(char32_t c) {
  if ((c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z')) return Script::latin;
  if (c >= 0x00C0 && c <= 0x024F && c != 0x00D7 && c != 0x00F7) return Script::latin;
  if (c >= 0x1E00 && c <= 0x1EFF) return Script::latin;
  if (c >= 0x0370 && c <= 0x03FF) return Script::greek;
  if (c >= 0x0400 && c <= 0x052F) return Script::cyrillic;
  if (c >= 0x0531 && c <= 0x058A) return Script::armenian;
  return Script::none;
}

bool is_token_part(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9') ||
         (c >= 0x80 && c != 0x00A0 && c != 0x2019 && c != 0x2018 && c != 0x3000 &&
          !(c >= 0x2000 && c <= 0x200A));
}

}  // namespace

std::u32string code_points(std::string_view utf8) {
  std::u32string out;
  while (!utf8.empty()) out += next_code_point(utf8);
  return out;
}

std::string skeleton(std::string_view utf8) {
  std::string out;
  while (!utf8.empty()) {
    const char32_t c = lowered(next_code_point(utf8));
    if (is_invisible(c)) continue;
    const auto twin = c < 0x80 ? std::nullopt : twin_of(c);
    if (twin) {
      out += *twin;
    } else {
      append(out, c);
    }
  }
  return out;
}

std::string swap_twins(std::string_view skeleton) {
  std::string out;
  for (const char c : skeleton) {
    out += c == '0' ? 'o' : c == '1' ? 'l' : c;
    if (out.ends_with("rn")) out.replace(out.size() - 2, 2, "m");
    if (out.ends_with("vv")) out.replace(out.size() - 2, 2, "w");
  }
  return out;
}

std::vector<std::string> name_tokens(std::string_view name) {
  std::vector<std::string> out;
  std::string token;
  const auto end_token = [&] {
    if (!token.empty()) out.push_back(std::exchange(token, {}));
  };
  for (const char32_t c : code_points(skeleton(name))) {
    if (is_token_part(c)) {
      append(token, c);
    } else if (c != U'\'') {  // O'Neill is one word
      end_token();
    }
  }
  end_token();
  if (out.size() > name_tokens_max) out.clear();
  return out;
}

std::string name_key(std::string_view name) {
  std::vector<std::string> tokens = name_tokens(name);
  if (tokens.size() < 2) return {};
  std::ranges::sort(tokens);
  std::string out;
  for (const std::string& token : tokens) {
    if (!out.empty()) out += ' ';
    out += token;
  }
  return out;
}

bool mixes_scripts(std::string_view word) {
  Script seen = Script::none;
  for (const char32_t c : code_points(word)) {
    const Script one = script_of(c);
    if (one == Script::none) continue;
    if (seen != Script::none && one != seen) return true;
    seen = one;
  }
  return false;
}

}  // namespace message
