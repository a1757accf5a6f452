// See table.h: signatures of our own mail.
#include "config/table.h"

namespace config {

using std::chrono::hours;
using std::chrono::seconds;

std::vector<Section> signing_sections() {
  Section section;
  section.name = "dkim";
  section.text =
      "Signatures of our own mail. Nothing is signed before `stagepost dkim generate DOMAIN` has "
      "made keys and the DNS serves them; see docs/dkim.md.";
  section.settings = {
      setting("sign", STAGEPOST_FIELD(policy.signing.on), flag_codec(),
              "Sign mail of our users and programs, reports and notices with the keys of their "
              "author's domain."),
      setting("relay_networks", STAGEPOST_FIELD(policy.signing.relay_networks), flag_codec(),
              "Sign mail of the networks that may relay, too, when its author's domain is ours."),
      path_setting("key_folder", STAGEPOST_FIELD(policy.signing.key_folder),
                   {.below = Below::state, .name = "dkim"},
                   "Where the private keys are; nobody but the server may read them."),
      setting("rsa_bits", STAGEPOST_FIELD(policy.signing.rsa_bits),
              count_codec<unsigned>(1'024, 4'096),
              "The size of new RSA keys. More than 2048 does not fit into many DNS providers' "
              "forms."),
      setting("check_every", STAGEPOST_FIELD(policy.signing.check_every),
              duration_codec(seconds(1), hours(24)),
              "How often the domain's name servers are asked for keys that wait to be used; when "
              "all of them serve a key, it is used."),
      setting("retire_after", STAGEPOST_FIELD(policy.signing.retire_after),
              duration_codec(hours(1), hours(24 * 366)),
              "So long a key that signs no more stays in the DNS: mail that it signed is still on "
              "its way."),
      setting("arc_seal", STAGEPOST_FIELD(policy.signing.arc_seal), flag_codec(),
              "Seal mail of others that an alias sends on to another domain (ARC, RFC 8617), so "
              "that its receiver can see what we verified. Only some receivers look at it."),
  };
  return {std::move(section)};
}

}  // namespace config
