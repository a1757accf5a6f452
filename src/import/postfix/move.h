// import/postfix/move.h: moving in from Postfix: texts in, a plan out.
//
// What:    reads main.cf, master.cf and the tables that they name; the take_*.cc files turn what
//          they say into our settings, domains, mailboxes and aliases, with a note for each line.
// In/Out:  Sources and Wishes → Plan.
// Errors:  not_found when there is no main.cf; what cannot be taken over is a Note in the plan.
// Limits:  those of lines.h, table.h, aliases.h.
// Not here: applying the plan (cli/import_verb.cc).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "import/postfix/draft.h"
#include "import/postfix/main_cf.h"
#include "import/postfix/master_cf.h"
#include "import/postfix/plan.h"
#include "import/postfix/table.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace postfix {

struct Wishes {
  std::string folder;       // where main.cf and master.cf are
  std::string host_name;    // of this host: what Postfix takes when myhostname is not set
  std::string passwd_file;  // Dovecot's users with their passwords; empty: none
};

[[nodiscard]] base::Result<Plan> make_plan(const Sources& sources, const Wishes& wishes);

// A zone that is asked; see lists.h.
struct WantedList {
  std::string zone;
  std::string of;  // "address", "helo", "sender"
  bool allow = false;
  int weight = 10;
  std::vector<std::string> codes;  // "127.0.0.2 = 3"
  std::string comment;
  bool all_codes = false;
  std::vector<Note> notes = {};  // said when it has been written
};

// What the take_*.cc files share while the plan is made.
class Move {
 public:
  Move(const Sources& from, const Wishes& wished) : sources(from), wishes(wished) {}

  const Sources& sources;
  const Wishes& wishes;
  MainCf main;
  MasterCf master;
  std::string main_file;
  std::string master_file;
  Draft draft;
  Plan plan;
  // Of mydestination, but for localhost and its kin: the first is where local names belong.
  std::vector<std::string> local_domains;
  std::vector<std::string> virtual_domains;              // of virtual_mailbox_domains
  std::vector<std::string> alias_domains;                // of virtual_alias_domains
  std::map<std::string, Mailbox, std::less<>> accounts;  // of Dovecot's passwd file
  std::vector<WantedList> lists;
  std::set<std::string, std::less<>> mailbox_names;
  std::set<std::string, std::less<>> alias_names;
  // A domain that is another name of one → that one. Never in a circle.
  std::map<std::string, std::string, std::less<>> joined;
  int reject_score = 10;  // as client.reject_score

  [[nodiscard]] std::string value(std::string_view name) const { return main.value(name); }
  [[nodiscard]] bool is_set(std::string_view name) const { return main.find(name) != nullptr; }
  [[nodiscard]] bool is_on(std::string_view name) const { return is_yes(value(name)); }
  [[nodiscard]] Place place(std::string_view name) const;
  [[nodiscard]] bool is_ours(std::string_view domain) const;

  // About a parameter; nothing when main.cf does not set it.
  void note(std::string_view name, Fate fate, std::string_view words);
  void note_at(const Place& place, std::string_view what, Fate fate, std::string_view words);
  // About a table of that parameter: its problem and the lines that could not be read.
  void note_table(std::string_view name, const Table& table);

  // Sets ours from theirs and says so: taken, or the same as by default, or wrong and by hand.
  void take(std::string_view name, std::string_view path, const config::Value& value,
            std::string_view also = {});
  // A section [[…]]; true when it was taken.
  bool take_element(std::string_view name, std::string_view section, const Element& element,
                    std::string_view also = {});

  void add_domain(const std::string& domain);
};

// Each notes the parameters that it has looked at; make_plan calls them in this order.
void take_host(Move& move);          // names, who may relay
void take_listeners(Move& move);     // master.cf
void take_tls(Move& move);           // certificate
void take_routes(Move& move);        // transport_maps, relayhost, smtp_tls_*, passwords
void take_limits(Move& move);        // sizes, times, counts
void take_filters(Move& move);       // milters
void take_restrictions(Move& move);  // smtpd_*_restrictions
void take_postscreen(Move& move);
void take_domains(Move& move);   // mydestination, virtual_*_domains
void take_relay(Move& move);     // relay_domains
void take_accounts(Move& move);  // Dovecot's passwd file
void take_mailboxes(Move& move);
void take_virtual_aliases(Move& move);
void take_local_aliases(Move& move);
void take_grants(Move& move);  // smtpd_sender_login_maps
// Aliases whose targets are there come first; those that lead nowhere go.
void order_aliases(Move& move);
// What nobody has spoken of yet, by the table of words.h.
void note_the_rest(Move& move);

// "30", "5m", "2h", "1d", "1w"; `unit`: of a bare number.
[[nodiscard]] std::optional<base::Duration> postfix_time(std::string_view text, char unit = 's');
// "inet:host:port", "unix:path" as an address of ours; relative paths are in queue_directory.
[[nodiscard]] std::string service_place(const Move& move, std::string_view text);
// A host name, in lower case, that can be a domain of ours.
[[nodiscard]] bool is_world_domain(std::string_view domain);

}  // namespace postfix
