// See man_page.h.
#include "cli/man_page.h"

#include <fmt/format.h>

#include "lib/base/text.h"

namespace cli {
namespace {

// Text that roff takes as it is: a backslash, a hyphen that may be copied, no request at the begin.
std::string roff(std::string_view text) {
  std::string out;
  bool at_begin = true;
  for (const char c : text) {
    if (at_begin && (c == '.' || c == '\'')) out += "\\&";
    at_begin = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

// Indented lines are examples: they stand as they are.
std::string paragraphs(std::string_view help) {
  std::string out;
  bool example = false;
  for (const std::string_view line : base::split(help, '\n')) {
    const bool indented = line.starts_with("  ");
    if (indented != example) out += indented ? ".PP\n.nf\n.RS 4\n" : ".RE\n.fi\n.PP\n";
    example = indented;
    const std::string_view text = indented ? line.substr(2) : base::trim(line);
    if (!text.empty()) out += roff(text) + "\n";
  }
  if (example) out += ".RE\n.fi\n";
  return out;
}

std::string option_items(const VerbText& verb, bool with_help) {
  std::string out;
  for (const OptionText& option : verb.options) {
    if (option.name.find("--help") != std::string::npos && !with_help) continue;
    std::string head = fmt::format("\\fB{}\\fR", roff(option.name));
    if (!option.value.empty() && !option.positional) {
      head += fmt::format(" \\fI{}\\fR", roff(option.value));
    }
    std::string help = roff(option.help);
    if (!option.choices.empty()) {
      help += fmt::format("{}One of {}.", help.empty() ? "" : "\n",
                          roff(fmt::format("{}", fmt::join(option.choices, ", "))));
    }
    out += fmt::format(".TP\n{}\n{}\n", head, help.empty() ? "\\&" : help);
  }
  return out;
}

std::string arguments_of(const VerbText& verb) {
  std::string out;
  for (const OptionText& option : verb.options) {
    if (!option.positional) continue;
    out += option.required ? fmt::format(" \\fI{}\\fR", roff(option.name))
                           : fmt::format(" [\\fI{}\\fR]", roff(option.name));
  }
  return out;
}

void add_verb(const VerbText& verb, const std::string& path, std::string& out) {
  const std::string whole = path.empty() ? verb.name : path + " " + verb.name;
  out += fmt::format(".SS \"{}\"\n", roff(whole));
  const std::string arguments = arguments_of(verb);
  out += fmt::format(".PP\n\\fBstagepost {}\\fR{}{}\n.PP\n", roff(whole), arguments,
                     verb.verbs.empty() ? "" : " \\fIVERB\\fR");
  out += paragraphs(verb.help);
  out += option_items(verb, false);
  for (const VerbText& below : verb.verbs) add_verb(below, whole, out);
}

}  // namespace

std::string man_page(const VerbText& program, const std::string& version) {
  std::string out = fmt::format(
      ".\\\" Made by `stagepost man`.\n"
      ".TH STAGEPOST 1 \"\" \"{}\" \"Stagepost\"\n"
      ".SH NAME\nstagepost \\- SMTP server that receives, keeps and delivers mail\n"
      ".SH SYNOPSIS\n\\fBstagepost\\fR [\\fIOPTIONS\\fR] \\fIVERB\\fR [\\fIARGUMENTS\\fR]\n"
      ".SH DESCRIPTION\n",
      roff(version));
  out += paragraphs(program.help);
  out +=
      ".SH OPTIONS\nThey may stand before and behind every verb.\n" + option_items(program, true);
  out += ".SH VERBS\n";
  for (const VerbText& verb : program.verbs) add_verb(verb, "", out);
  out +=
      ".SH \"EXIT STATUS\"\n0: done; 1: it did not work, as said on standard error; 2: wrong "
      "arguments.\n"
      ".SH FILES\n.TP\n\\fIHOME/stagepost.toml\\fR\nThe configuration; `stagepost check "
      "\\-\\-settings\\-markdown` prints all settings.\n.TP\n\\fIHOME/state\\fR\nThe queue, the "
      "directory and the traces.\n"
      ".SH \"SEE ALSO\"\n\\fBstagepost help\\fR lists guides and references, \\fBstagepost "
      "help\\fR "
      "\\fITOPIC\\fR shows one; the same pages are in /usr/share/doc/stagepost/docs.\n";
  return out;
}

}  // namespace cli
