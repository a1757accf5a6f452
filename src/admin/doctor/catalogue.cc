// See catalogue.h.
#include "admin/doctor/catalogue.h"

#include <algorithm>
#include <array>

namespace doctor {
namespace {

constexpr std::array checks = {
    CheckInfo{"host-address", "A and AAAA records of this host",
              "other servers find this one by them, and hold its name against them"},
    CheckInfo{"helo-name", "the name that this server greets others with",
              "a name that the DNS does not know, or that leads elsewhere, is a mark of spam"},
    CheckInfo{"ptr", "reverse DNS of each public address",
              "large receivers refuse mail from addresses without a name"},
    CheckInfo{"fcrdns", "name and address confirm each other",
              "a name that does not lead back proves nothing, and counts as none"},
    CheckInfo{"host-spf", "SPF of this host's own name",
              "bounces have no sender; their SPF is that of the HELO name"},
    CheckInfo{"dnssec-resolver", "are signed DNS answers verified?",
              "without it an attacker's DNS answers decide where mail goes, and DANE is blind"},
    CheckInfo{"port-25-in", "does this server answer at its public addresses?",
              "mail for our people comes nowhere else"},
    CheckInfo{"port-25-out", "may connections to port 25 leave?",
              "many providers close it; then no mail leaves"},
    CheckInfo{"relay", "do we send for strangers?",
              "an open relay is found within hours and on every block list within a day"},
    CheckInfo{"block-lists", "our addresses on others' block lists",
              "who uses that list refuses our mail or puts it into junk"},
    CheckInfo{"lists-faulty", "lists that were not asked, and why",
              "a list that answers everything, or nothing, would only mislead"},
    CheckInfo{"tls-certificate", "the certificate that this server shows",
              "people's programs ask for one that they can verify"},
    CheckInfo{"tls-names", "the names in it", "a certificate for another name is as good as none"},
    CheckInfo{"tls-chain", "can others verify it?",
              "a missing intermediate certificate fails where yours has not been seen before"},
    CheckInfo{"tls-expiry", "how long it is valid",
              "after that day programs refuse to connect, and MTA-STS senders keep their mail"},
    CheckInfo{"tls-key", "key and certificate belong together",
              "a server that cannot load them does not start"},
    CheckInfo{"tlsa", "TLSA records against the certificate (DANE)",
              "senders that obey DANE send nothing to a server whose certificate no record fits"},
    CheckInfo{"name-servers", "the domain's name servers",
              "who asks the one that is silent waits, or finds nothing"},
    CheckInfo{"mx", "where mail for the domain goes",
              "without it, or with a wrong one, none comes"},
    CheckInfo{"mx-target", "each MX has an address",
              "mail for an MX without one waits, then fails"},
    CheckInfo{"dnssec-zone", "is the domain's zone signed, and rightly?",
              "a zone whose signatures do not verify is not there for half of the world"},
    CheckInfo{"spf", "who may send for the domain (SPF)",
              "mail from hosts that it does not name is refused or junk"},
    CheckInfo{"spf-lookups", "its DNS look-ups (10 at most)",
              "with more of them SPF is an error, as if nobody might send"},
    CheckInfo{"dkim", "the keys that sign, as each name server serves them",
              "a signature whose key is not found counts as forged"},
    CheckInfo{"dkim-waiting", "keys that wait to be published or removed",
              "a key that is never published never signs"},
    CheckInfo{"dmarc", "what others do with forged mail (DMARC)",
              "large receivers want it of everybody, and it stops others from using the name"},
    CheckInfo{"dmarc-reports", "who gets the reports about it",
              "only they show which of your own mail fails"},
    CheckInfo{"mta-sts", "the record that asks others to verify TLS (MTA-STS)",
              "without it or DANE an attacker on the way can turn encryption off"},
    CheckInfo{"mta-sts-policy", "the policy that this record announces",
              "a policy that names the wrong host keeps mail away"},
    CheckInfo{"tls-rpt", "where others report trouble with TLS",
              "nobody else would tell you that their mail cannot reach you"},
    CheckInfo{"srv-submission", "how programs find where to send",
              "people need to know their address and password only"},
    CheckInfo{"srv-imap", "how programs find where to read",
              "people need to know their address and password only"},
    CheckInfo{"autoconfig", "how Thunderbird finds its settings",
              "people need to know their address and password only"},
    CheckInfo{"postmaster", "is postmaster@ read?",
              "others write there when your mail is trouble (RFC 5321 §4.5.1)"},
    CheckInfo{"domains", "how many domains are looked at", "the others may have trouble unseen"},
    CheckInfo{"clock", "is it right?", "signatures, certificates and log-ins are judged by it"},
    CheckInfo{"disk-space", "free disk", "a full disk takes no mail"},
    CheckInfo{"disk-days", "when it will be full", "so that there is time to make room"},
    CheckInfo{"files-keys", "who may read the private keys",
              "who has them can send in your name, or be your server"},
    CheckInfo{"files-state", "who may read the state",
              "it says who wrote to whom, and holds what passwords are checked against"},
    CheckInfo{"second-factor", "administrators' second factor",
              "who gets their password rules the server, unless a code is asked for, too"},
    CheckInfo{"files-config", "who may change the configuration", "who writes it rules the server"},
    CheckInfo{"config", "the configuration file as it is now",
              "a mistake in it shows at the next start, which fails"},
    CheckInfo{"program", "the version that runs",
              "after an upgrade the old one goes on, with its faults"},
    CheckInfo{"queue-trouble", "can mail be accepted?", "else every sender is told to come again"},
    CheckInfo{"queue-size", "how much waits", "a sudden mountain is a stolen password, mostly"},
    CheckInfo{"queue-age", "what waits for long",
              "a sender does not know yet that the mail has not arrived"},
    CheckInfo{"relay-login", "do relay hosts take our log-in?",
              "nothing that goes through them leaves until user and password are right"},
    CheckInfo{"bounces", "what part of our mail is refused",
              "receivers take many unknown addresses for the list of a spammer"},
    CheckInfo{"complaints", "what part is called spam by those who get it",
              "large receivers block from three complaints in a thousand on"},
};

}  // namespace

std::span<const CheckInfo> catalogue() { return checks; }

const CheckInfo* info_of(std::string_view id) {
  const auto found = std::ranges::find(checks, id, &CheckInfo::id);
  return found == checks.end() ? nullptr : &*found;
}

std::string link_of(std::string_view id) { return "docs/doctor.md#" + std::string(id); }

}  // namespace doctor
