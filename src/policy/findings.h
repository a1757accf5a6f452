// policy/findings.h: what every check found, and which rule decided: the record that explains.
//
// What:    plain values, one per check; the session writes them to the log and the trace,
//          `check-mail` prints them as JSON.
// In/Out:  filled by the checks of a visit (visit.h), in the order in which they ran.
// Errors:  none: trouble of a check is one of its results, with words.
// Limits:  those of the checks; whoever writes them down cuts (findings_json.h).
// Not here: the checks themselves (client/, verify/, filters/, impersonation/).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/boxed.h"
#include "lib/base/time.h"
#include "lib/mailauth/arc_verifier.h"
#include "lib/mailauth/dkim_verifier.h"
#include "lib/mailauth/dmarc.h"
#include "lib/mailauth/iprev.h"
#include "lib/mailauth/spf.h"

namespace policy {

// What one block list or allow-list says of the client or the sender's domain (RFC 5782).
struct ListFinding {
  enum class State : std::uint8_t { listed, not_listed, error };
  std::string zone;  // "zen.example.org"
  std::string of;    // whom it was asked about: "192.0.2.9", "example.org"
  State state = State::not_listed;
  std::vector<std::string> codes;  // "127.0.0.2"
  std::string meaning;             // of the codes, decoded; of an error: what is wrong
  std::string text;                // of the list's TXT record
  int weight = 0;                  // that it added to the score; negative of an allow-list
};

// Of the connection: known once per visit.
struct ClientFindings {
  bool exempt = false;     // nobody to be checked: logged in, a listed network
  std::string exempt_why;  // "relay_networks"
  base::Boxed<mailauth::IprevVerdict> iprev;
  std::string helo_problem;     // what is wrong with the name in HELO; empty: nothing
  bool helo_forged = false;     // it is our own name, and does not lead to the client
  bool helo_confirmed = false;  // its addresses contain the client's
  std::string looked_up;        // the name in HELO at the time of the look-ups; empty: none yet
  std::vector<ListFinding> lists;
  int list_score = 0;         // the sum of the weights, and what an early talker costs
  bool early_talker = false;  // it spoke before it was greeted
  std::string rate_problem;   // which rate it passed
};

struct GreylistFinding {
  bool asked = false;
  bool pending = false;  // at the end of data: a signature may spare it
  bool passed = true;
  std::string why;  // "first contact", "known since …", "SPF passed"
  base::Duration wait{};
};

// Whose mail it claims to be: the From field, read as strictly as a reader could be deceived.
struct AuthorFinding {
  enum class State : std::uint8_t {
    single,
    missing,
    several_fields,
    several_authors,
    group,
    broken
  };
  State state = State::missing;
  std::string address;  // of `single`, and the first of several
  // A-labels, lower case; what DMARC is asked for. Of several authors only when they share it.
  std::string domain;
  std::string display_name;    // encoded words decoded, UTF-8, control characters taken out
  std::string hidden_address;  // another address that the display name or a comment shows
  std::string problem;         // in words; empty: one author domain, and all readers see the same

  [[nodiscard]] bool is_fault() const { return !problem.empty(); }
};
[[nodiscard]] std::string_view to_string(AuthorFinding::State state);  // "several_fields"

// A mark of a message that passes every signature and may deceive all the same.
struct Impersonation {
  std::string kind;  // "look-alike-domain", "display-name", "first-contact", "reply-to-elsewhere"
  std::string words;
};

// What one milter, or rspamd, said.
struct FilterFinding {
  std::string filter;  // its name in the settings
  std::string action;  // "accept", "reject", "tempfail", "discard", "quarantine", "add header", …
  std::string words;   // its reply text, or what went wrong
  std::optional<double> score;
  std::vector<std::string> symbols;
  std::size_t edits = 0;  // changes of header, body and envelope that it made
};

// Of one message.
struct Findings {
  ClientFindings client;
  base::Boxed<mailauth::SpfVerdict> spf_helo;
  base::Boxed<mailauth::SpfVerdict> spf_mail_from;
  base::Boxed<mailauth::DkimReport> dkim;
  base::Boxed<mailauth::ArcVerdict> arc;
  base::Boxed<AuthorFinding> author;
  base::Boxed<mailauth::DmarcVerdict> dmarc;
  std::vector<std::string> overrides;  // why DMARC's policy was not applied: "mailing_list: …"
  bool dmarc_passed_over = false;  // by an override that vouches for the mail, not one that softens
  GreylistFinding greylist;
  std::vector<Impersonation> impersonation;
  std::vector<FilterFinding> filters;
  std::string rule;  // that decided: "dmarc", "lists", "filter rspamd"; empty: nothing objected
};

}  // namespace policy
