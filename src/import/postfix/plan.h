// import/postfix/plan.h: what moving in from Postfix will do, before anything is done.
//
// What:    the configuration's text, the directory's contents, and a note for all that was read.
// In/Out:  make_plan() (move.h) → Plan → `stagepost import postfix`, which applies it.
// Errors:  none: what cannot be taken over is a Note.
// Limits:  none of its own.
// Not here: reading Postfix's files (main_cf.h, master_cf.h, table.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postfix {

// Where something was read.
struct Place {
  std::string file;
  int line = 0;

  [[nodiscard]] std::string text() const;  // "/etc/postfix/main.cf:12"
  bool operator==(const Place&) const = default;
};

// What became of a setting.
enum class Fate : std::uint8_t {
  taken,      // it is in our configuration or directory now
  same,       // our server is so anyway
  different,  // there is no equal; nothing has to be done
  by_hand,    // there is no equal, or it cannot be read: somebody has to do or decide something
};
inline constexpr std::size_t fates_count = 4;

[[nodiscard]] std::string_view word_of(Fate fate);  // "taken", "same", "different", "by_hand"

struct Note {
  Place place;
  std::string what;  // "relayhost", "smtps inet: -o smtpd_tls_wrappermode"
  Fate fate = Fate::different;
  std::string words;  // after "taken over as", or a sentence
};

struct Mailbox {
  std::string address;
  Place place;
  std::string full_name = {};
  std::string verifier = {};  // RFC 5803, as directory/credential.h reads it; empty: none
  std::string password = {};  // in the clear, when it was; both empty: a new one is to be made
};

struct Alias {
  std::string address;  // or "@domain"
  std::vector<std::string> targets;
  Place place;
  bool follows = false;  // a name of another domain, for which a note was made already
};

// `mailbox` may send as `what`.
struct Grant {
  std::string mailbox;
  std::string what;
  Place place;
};

struct Plan {
  std::string config;      // text of stagepost.toml
  bool is_secret = false;  // it holds a password: nobody but the server may read it
  std::vector<std::string> domains;
  std::vector<Mailbox> mailboxes;
  std::vector<Alias> aliases;  // whatever one leads to stands before it
  std::vector<Grant> grants;
  std::vector<Note> notes;  // by file, in the order of their reading, and line

  [[nodiscard]] std::array<std::size_t, fates_count> counts() const;
};

// What stands in a file may be anything; a report is for terminals and is UTF-8.
[[nodiscard]] std::string shown(std::string_view text);
// By file, in the order of their first notes, and line.
void sort_notes(std::vector<Note>& notes);
// "/etc/postfix/main.cf:12: taken      relayhost: as [[route]] …"
[[nodiscard]] std::string note_line(const Note& note);
// "58 settings: 20 taken over, …"
[[nodiscard]] std::string summary(const Plan& plan);

}  // namespace postfix
