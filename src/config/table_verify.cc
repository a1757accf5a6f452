// See table.h: who a stranger's mail is from.
#include "config/table.h"

namespace config {
namespace {

using policy::DmarcUse;
using policy::FaultAction;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Codec<FaultAction> fault_codec() {
  return choice_codec<FaultAction>({{"accept", FaultAction::accept},
                                    {"junk", FaultAction::junk},
                                    {"reject", FaultAction::reject}});
}

Codec<std::string> host_or_nothing_codec() {
  Codec<std::string> host = host_codec();
  Codec<std::string> out = host;
  out.read = [host](const Value& value) -> base::Result<std::string> {
    if (value.kind == Value::Kind::text && value.text.empty()) return std::string();
    return host.read(value);
  };
  return out;
}

std::vector<Setting> action_settings() {
  return {
      setting("spf_fail", STAGEPOST_FIELD(policy.verify.spf_fail), fault_codec(),
              "What happens to mail whose sender's SPF policy says `fail` (550 5.7.23). Forwarded "
              "mail fails, too, so by default only DMARC decides. Softfail and errors are only "
              "recorded."),
      setting("dmarc", STAGEPOST_FIELD(policy.verify.dmarc),
              choice_codec<DmarcUse>({{"apply", DmarcUse::apply},
                                      {"quarantine", DmarcUse::quarantine},
                                      {"observe", DmarcUse::observe}}),
              "How far the policy of an author's domain is followed: as published; to the Junk "
              "folder at most; not at all. Trouble with the DNS never refuses mail."),
      setting("author_faults", STAGEPOST_FIELD(policy.verify.author_faults), fault_codec(),
              "What happens to mail of which readers could show different authors, or none: "
              "several From fields, authors of different domains, a group, a NUL, an address in "
              "the address. A bounce (null sender) may lack From, as those of old servers do."),
      setting("trusted_forwarders", STAGEPOST_FIELD(policy.verify.trusted_forwarders),
              list_codec(network_codec()),
              "Networks that forward mail for us: what fails SPF or DMARC there is let through."),
      setting("trusted_lists", STAGEPOST_FIELD(policy.verify.trusted_lists),
              list_codec(host_codec()),
              "Domains of mailing lists whose mail may fail DMARC: List-Id must be of the domain, "
              "and SPF or DKIM must have passed for it."),
      setting("trusted_arc_sealers", STAGEPOST_FIELD(policy.verify.trusted_arc_sealers),
              list_codec(host_codec()),
              "Domains whose ARC seals are believed: mail that they found authentic may fail DMARC "
              "here."),
  };
}

std::vector<Setting> limit_settings() {
  return {
      setting("exempt", STAGEPOST_FIELD(policy.verify.exempt), list_codec(network_codec()),
              "Networks whose mail is not checked. Neither is that of who logs in, nor that of "
              "`policy.relay_networks`."),
      setting("authserv_id", STAGEPOST_FIELD(policy.verify.authserv_id), host_or_nothing_codec(),
              "Our name in Authentication-Results; when empty, the host name. Fields of others "
              "that bear it are removed."),
      setting(
          "timeout", STAGEPOST_FIELD(policy.verify.timeout), duration_codec(seconds(1), minutes(2)),
          "The time for all look-ups at MAIL, and again for those at the end of a message. What "
          "is not known then counts as a temporary error, which refuses nothing."),
      setting("signatures_max", STAGEPOST_FIELD(policy.verify.signatures_max),
              count_codec<std::size_t>(1, 50),
              "DKIM signatures of a message that are checked, from the top."),
      setting("signed_names_max", STAGEPOST_FIELD(policy.verify.signed_names_max),
              count_codec<std::size_t>(50, 10'000), "Names in h= of one signature."),
      setting("clock_skew", STAGEPOST_FIELD(policy.verify.clock_skew),
              duration_codec(seconds(0), hours(24)), "So much may a signature's t= and x= be off."),
  };
}

}  // namespace

std::vector<Section> verify_sections() {
  Section section;
  section.name = "verify";
  section.text =
      "Is a stranger's mail from whom it says? SPF, DKIM, ARC and DMARC of mail on port 25.";
  section.settings = action_settings();
  for (Setting& one : limit_settings()) section.settings.push_back(std::move(one));
  return {std::move(section)};
}

}  // namespace config
