// See shell_completion.h.
#include "cli/shell_completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "lib/base/text.h"

namespace cli {
namespace {

// What may stand in single quotes of a shell.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// fish takes a backslash and a quote by a backslash in front of it.
std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\\' || c == '\'') out += '\\';
    out += c;
  }
  return out + "'";
}

// Calls `use` for the program and every verb below it, with its path: "", "user", "user add".
using Use = std::function<void(const std::string& path, const VerbText& verb)>;
void walk(const VerbText& verb, const std::string& path, const Use& use) {
  use(path, verb);
  for (const VerbText& below : verb.verbs) {
    walk(below, path.empty() ? below.name : fmt::format("{} {}", path, below.name), use);
  }
}

// "-h,--help" → "--help"; positional arguments have none.
std::string long_name(const OptionText& option) {
  for (const std::string_view name : base::split(option.name, ',')) {
    if (name.starts_with("--")) return std::string(name);
  }
  return {};
}

// Of a verb and of the program: those work behind every verb.
std::vector<const OptionText*> options_of(const VerbText& program, const VerbText& verb) {
  std::vector<const OptionText*> out;
  for (const VerbText* one : {&verb, &program}) {
    for (const OptionText& option : one->options) {
      const std::string name = long_name(option);
      const bool known = std::ranges::any_of(
          out, [&](const OptionText* other) { return long_name(*other) == name; });
      if (!name.empty() && !known) out.push_back(&option);
    }
    if (&verb == &program) break;
  }
  return out;
}

// Options whose values are files or folders.
bool is_path(const OptionText& option) {
  for (const std::string_view word : {"FILE", "DIR", "FOLDER", "--home", "--config", "--output"}) {
    if (option.name.find(word) != std::string::npos) return true;
  }
  return base::icontains(option.help, "file") || base::icontains(option.help, "folder");
}

std::string bash_words(const VerbText& program, const VerbText& verb) {
  std::string out;
  for (const VerbText& below : verb.verbs) out.append(below.name).append(" ");
  for (const OptionText* option : options_of(program, verb)) {
    out.append(long_name(*option)).append(" ");
  }
  for (const OptionText& option : verb.options) {
    for (const std::string& choice :
         option.positional ? option.choices : std::vector<std::string>()) {
      out.append(choice).append(" ");
    }
  }
  if (!out.empty()) out.pop_back();
  return out;
}

// Values of options, by verb and option: "check-mail --tls" → "none starttls".
std::string bash_values(const VerbText& program) {
  std::string out;
  walk(program, "", [&](const std::string& path, const VerbText& verb) {
    for (const OptionText& option : verb.options) {
      const std::string name = long_name(option);
      if (option.value.empty() || name.empty()) continue;
      std::string choices;
      for (const std::string& choice : option.choices) choices.append(choice).append(" ");
      out += fmt::format("    {}) values={} ;;\n", quoted(fmt::format("{} {}", path, name)),
                         choices.empty() ? (is_path(option) ? "/" : "-") : quoted(choices));
    }
  });
  return out;
}

std::string zsh_text(std::string_view name, std::string_view help) {
  std::string text = fmt::format("{}:{}", name, first_sentence(help));
  return quoted(text);
}

}  // namespace

std::string first_sentence(std::string_view help) {
  std::string_view text = help.substr(0, help.find('\n'));
  for (std::size_t at = 0; (at = text.find('.', at)) != std::string_view::npos; ++at) {
    if (at + 1 == text.size() || text[at + 1] == ' ') {
      text = text.substr(0, at);
      break;
    }
  }
  return std::string(base::trim(text));
}

// bash knows nothing of our verbs: the words until the cursor are walked along their paths.
std::string bash_completion(const VerbText& program) {
  std::string paths;
  walk(program, "", [&](const std::string& path, const VerbText& verb) {
    paths += fmt::format("    {}) words={} ;;\n", quoted(path), quoted(bash_words(program, verb)));
  });
  return fmt::format(
      "# bash completion for stagepost; made by `stagepost completion bash`.\n"
      "_stagepost_words() {{\n  words=\n  case \"$1\" in\n{}  esac\n}}\n"
      "_stagepost_values() {{\n  values=\n  case \"$1\" in\n{}  esac\n}}\n"
      "_stagepost() {{\n"
      "  local path= word words values previous current=${{COMP_WORDS[COMP_CWORD]}} i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${{COMP_WORDS[i]}}\n"
      "    _stagepost_words \"${{path:+$path }}$word\"\n"
      "    [[ -n $words && $word != -* ]] && path=${{path:+$path }}$word\n"
      "  done\n"
      "  previous=${{COMP_WORDS[COMP_CWORD - 1]}}\n"
      "  _stagepost_values \"$path $previous\"\n"
      "  [[ -n $values ]] || _stagepost_values \" $previous\"\n"
      "  COMPREPLY=()\n"
      "  if [[ $values == / ]]; then\n"
      "    compopt -o filenames 2>/dev/null\n"
      "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
      "  elif [[ $values == - ]]; then\n"
      "    return\n"
      "  elif [[ -n $values ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$current\")\n"
      "  else\n"
      "    _stagepost_words \"$path\"\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
      "  fi\n"
      "}}\n"
      "complete -o default -F _stagepost stagepost\n",
      paths, bash_values(program));
}

std::string zsh_completion(const VerbText& program) {
  std::string cases;
  walk(program, "", [&](const std::string& path, const VerbText& verb) {
    std::string words;
    for (const VerbText& below : verb.verbs) words += " " + zsh_text(below.name, below.help);
    std::string options;
    for (const OptionText* option : options_of(program, verb)) {
      options += " " + zsh_text(long_name(*option), option->help);
    }
    cases += fmt::format("    {})\n      verbs=({})\n      options=({})\n      ;;\n", quoted(path),
                         base::trim(words), base::trim(options));
  });
  return fmt::format(
      "#compdef stagepost\n"
      "# zsh completion for stagepost; made by `stagepost completion zsh`.\n"
      "_stagepost_path() {{\n  verbs=()\n  options=()\n  case \"$1\" in\n{}"
      "    *) return 1 ;;\n  esac\n}}\n"
      "_stagepost() {{\n"
      "  local -a verbs options\n"
      "  local place='' word\n"
      "  for word in \"${{(@)words[2,CURRENT-1]}}\"; do\n"
      "    [[ $word == -* ]] && continue\n"
      "    _stagepost_path \"${{place:+$place }}$word\" && place=\"${{place:+$place }}$word\"\n"
      "  done\n"
      "  _stagepost_path \"$place\"\n"
      "  if [[ $PREFIX == -* ]]; then\n"
      "    _describe -o 'option' options\n"
      "  elif (( $#verbs )); then\n"
      "    _describe 'verb' verbs\n"
      "  else\n"
      "    _files\n"
      "  fi\n"
      "}}\n"
      "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
      "  _stagepost \"$@\"\n"
      "else\n"
      "  compdef _stagepost stagepost\n"
      "fi\n",
      cases);
}

// fish asks a condition for each candidate: have these words been typed?
std::string fish_completion(const VerbText& program) {
  std::string out =
      "# fish completion for stagepost; made by `stagepost completion fish`.\n"
      "function __stagepost_at\n"
      "    set -l typed (commandline -opc)\n"
      "    set -e typed[1]\n"
      "    set -l verbs\n"
      "    for word in $typed\n"
      "        string match -q -- '-*' $word; or set -a verbs $word\n"
      "    end\n"
      "    set -l count (count $argv)\n"
      "    test (count $verbs) -ge $count; or return 1\n"
      "    test $count -eq 0; or test \"$verbs[1..$count]\" = \"$argv\"\n"
      "end\n"
      "function __stagepost_only\n"
      "    set -l typed (commandline -opc | string match -v -- '-*')\n"
      "    test (count $typed) -eq (math (count $argv) + 1); and __stagepost_at $argv\n"
      "end\n";
  walk(program, "", [&](const std::string& path, const VerbText& verb) {
    const std::string at = path.empty() ? "" : " " + path;
    for (const VerbText& below : verb.verbs) {
      out += fmt::format("complete -c stagepost -f -n {} -a {} -d {}\n",
                         fish_quoted("__stagepost_only" + at), fish_quoted(below.name),
                         fish_quoted(first_sentence(below.help)));
    }
    for (const OptionText& option : verb.options) {
      const std::string name = long_name(option);
      if (name.empty() || (name == "--help" && !path.empty())) continue;
      std::string choices;
      for (const std::string& choice : option.choices) choices.append(choice).append(" ");
      out += fmt::format("complete -c stagepost -n {} -l {}{}{} -d {}\n",
                         fish_quoted("__stagepost_at" + at), name.substr(2),
                         option.value.empty() ? ""
                         : is_path(option)    ? " -r -F"
                                              : " -x",
                         choices.empty() ? "" : " -a " + fish_quoted(base::trim(choices)),
                         fish_quoted(first_sentence(option.help)));
    }
  });
  return out;
}

}  // namespace cli
