// See page_text.h.
#include "cli/page_text.h"

#include <fmt/format.h>

#include <vector>

#include "lib/base/text.h"

namespace cli {
namespace {

// "first-server" of "first-server.md" and "first-server.md#dns"; empty for other targets.
std::string_view topic_of(std::string_view target) {
  const std::size_t end = target.find(".md");
  const bool page = end != std::string_view::npos && target.find('/') == std::string_view::npos;
  return page ? target.substr(0, end) : std::string_view();
}

// [text](target) at the front; its octets, or 0.
std::size_t take_link(std::string_view text, std::string& out) {
  const std::size_t close = text.find("](");
  const std::size_t end = text.find(')', close == std::string_view::npos ? 0 : close);
  if (!text.starts_with('[') || close == std::string_view::npos || end == std::string_view::npos ||
      text.substr(1, close - 1).find('[') != std::string_view::npos) {
    return 0;
  }
  const std::string_view shown = text.substr(1, close - 1);
  const std::string_view target = text.substr(close + 2, end - close - 2);
  const std::string_view topic = topic_of(target);
  if (!topic.empty() && topic_of(shown) == topic) {
    out += fmt::format("`stagepost help {}`", topic);
  } else if (!topic.empty()) {
    out += fmt::format("{} (`stagepost help {}`)", shown, topic);
  } else if (target.starts_with("http")) {
    out += fmt::format("{} ({})", shown, target);
  } else {
    out += shown;
  }
  return end + 1;
}

// Marks within a line.
std::string inline_text(std::string_view text) {
  std::string out;
  bool code = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    if (text[i] == '`') code = !code;
    if (!code && rest.starts_with("**")) {
      i += 2;
      continue;
    }
    if (!code) {
      if (const std::size_t size = take_link(rest, out); size > 0) {
        i += size;
        continue;
      }
    }
    if (rest.starts_with("\\|")) ++i;  // in a table
    out += text[i++];
  }
  return out;
}

std::size_t columns_of(std::string_view word) {
  std::size_t out = 0;
  for (const char c : word) out += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U ? 1 : 0;
  return out;
}

void wrap(std::string_view text, std::string_view first, std::string_view others,
          std::string& out) {
  std::string line(first);
  bool empty = true;
  for (const std::string_view word : base::words(text)) {
    if (!empty && columns_of(line) + 1 + columns_of(word) > page_columns) {
      out += line + "\n";
      line = others;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  out += line + "\n";
}

// "- " or "1. " at the front; its octets, or 0.
std::size_t bullet_of(std::string_view line) {
  if (line.starts_with("- ") || line.starts_with("* ")) return 2;
  std::size_t digits = 0;
  while (digits < line.size() && base::is_digit(line[digits])) ++digits;
  return digits > 0 && line.substr(digits).starts_with(". ") ? digits + 2 : 0;
}

class Renderer {
 public:
  std::string run(std::string_view markdown) {
    for (const std::string_view line : base::split(markdown, '\n')) take(line);
    end_paragraph();
    while (out_.ends_with("\n\n")) out_.pop_back();
    return std::move(out_);
  }

 private:
  void take(std::string_view line) {
    if (fenced_ || line.starts_with("```")) return fence(line);
    if (line.starts_with("<!--")) return;
    const std::string_view text = base::trim(line);
    if (text.empty()) {
      end_paragraph();
    } else if (line.starts_with("    ") && paragraph_.empty()) {
      block(line);
    } else if (line.starts_with('#')) {
      heading(line);
    } else if (text.starts_with('|')) {
      row(text);
    } else if (const std::size_t bullet = bullet_of(line); bullet > 0) {
      end_paragraph(false);
      bullet_ = line.substr(0, bullet);
      paragraph_ = line.substr(bullet);
    } else {
      if (!paragraph_.empty()) paragraph_ += ' ';
      paragraph_ += text;
    }
  }

  void fence(std::string_view line) {
    end_paragraph();
    if (line.starts_with("```")) {
      fenced_ = !fenced_;
      if (!fenced_) out_ += '\n';
      return;
    }
    out_ += fmt::format("    {}\n", line);
  }

  void block(std::string_view line) {
    header_.clear();
    in_block_ = true;
    out_ += std::string(line) + "\n";
  }

  void heading(std::string_view line) {
    end_paragraph();
    const std::size_t level = line.find_first_not_of('#');
    const std::string title =
        inline_text(base::trim(line.substr(level == std::string_view::npos ? 0 : level)));
    out_ += title + "\n";
    if (level <= 2) out_ += std::string(columns_of(title), level == 1 ? '=' : '-') + "\n";
    if (level <= 2) out_ += '\n';
  }

  // A table: each row's first cell on a line of its own, the others below it.
  void row(std::string_view text) {
    if (!paragraph_.empty()) end_paragraph();
    const std::vector<std::string> cells = cells_of(text);
    if (header_.empty()) {
      header_ = cells;
      return;
    }
    if (cells.empty() || cells[0].find_first_not_of("-: ") == std::string::npos) {
      if (!cells.empty() && !cells[0].empty()) return;  // |---|---|
    }
    in_block_ = true;
    wrap(inline_text(cells[0]), "  ", "    ", out_);
    for (std::size_t i = 1; i < cells.size(); ++i) {
      if (cells[i].empty()) continue;
      const bool named = cells.size() > 2 && i < header_.size() && !header_[i].empty();
      wrap((named ? header_[i] + ": " : "") + inline_text(cells[i]), "      ", "      ", out_);
    }
  }

  static std::vector<std::string> cells_of(std::string_view text) {
    std::vector<std::string> cells;
    std::string cell;
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '|') {
        cell += text[++i];
      } else if (text[i] == '|') {
        cells.emplace_back(base::trim(cell));
        cell.clear();
      } else {
        cell += text[i];
      }
    }
    return cells;
  }

  void end_paragraph(bool blank_line = true) {
    const bool anything = !paragraph_.empty() || in_block_;
    if (!paragraph_.empty()) {
      wrap(inline_text(paragraph_), bullet_, std::string(bullet_.size(), ' '), out_);
    }
    paragraph_.clear();
    bullet_.clear();
    header_.clear();
    in_block_ = false;
    if (anything && blank_line && !out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
  }

  std::string out_;
  std::string paragraph_;
  std::string bullet_;
  std::vector<std::string> header_;  // of the table that we are in
  bool fenced_ = false;
  bool in_block_ = false;  // a block or a table, which ends with an empty line
};

}  // namespace

std::string page_text(std::string_view markdown) { return Renderer().run(markdown); }

std::string_view page_title(std::string_view markdown) {
  for (const std::string_view line : base::split(markdown, '\n')) {
    if (line.starts_with("# ")) return base::trim(line.substr(2));
  }
  return {};
}

}  // namespace cli
