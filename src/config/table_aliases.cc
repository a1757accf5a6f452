// See table.h: files of aliases, and what an alias sends on to other servers.
#include "config/table.h"

namespace config {
namespace {

using Rewrite = policy::ForwardingSettings::Rewrite;
using std::chrono::hours;

// Of a [[section]]: what it is relative to would be anybody's guess. Empty where that means none.
Codec<std::string> domain_or_empty_codec() {
  Codec<std::string> codec = host_codec();
  codec.read = [read = codec.read](const Value& value) -> base::Result<std::string> {
    if (value.kind == Value::Kind::text && value.text.empty()) return std::string();
    return read(value);
  };
  return codec;
}

Section alias_file_section() {
  Section section;
  section.name = "alias_file";
  section.text =
      "One per file in the form of /etc/aliases, whose names are aliases beside those of "
      "`stagepost "
      "alias`, which come first. A file that changes is read again. See docs/aliases.md.";
  repeat(section, STAGEPOST_FIELD(directory.alias_files));
  Setting path = setting("path", STAGEPOST_FIELD(directory.alias_files.back().path),
                         absolute_path_codec(), "The file. It has to be set.");
  path.default_text.clear();
  section.settings = {
      std::move(path),
      setting(
          "domains", STAGEPOST_FIELD(directory.alias_files.back().domains),
          list_codec(host_codec()),
          "The domains that have its names; a name without a domain that one leads to is of the "
          "first. None: all of ours, in the order in which they were added."),
      setting("lists_folder", STAGEPOST_FIELD(directory.alias_files.back().lists_folder),
              absolute_path_codec(),
              "Below this folder are the lists that it may name with :include:/path. Empty: none."),
  };
  return section;
}

Section forwarding_section() {
  Section section;
  section.name = "forwarding";
  section.text =
      "Mail that an alias sends on to another server. Its sender's SPF does not know us, so he is "
      "rewritten to an address of ours, by which what comes back finds him (SRS). See "
      "docs/aliases.md.";
  section.settings = {
      setting(
          "rewrite_sender", STAGEPOST_FIELD(policy.forwarding.rewrite),
          choice_codec<Rewrite>({{"auto", Rewrite::when_needed},
                                 {"always", Rewrite::always},
                                 {"never", Rewrite::never}}),
          "\"auto\": where his domain has an SPF record and no DKIM signature of his carries the "
          "message through DMARC; \"always\"; \"never\". Senders of ours and <> stay."),
      setting("domain", STAGEPOST_FIELD(policy.forwarding.domain), domain_or_empty_codec(),
              "Whose addresses are made; one of our domains whose SPF names this host. Empty: the "
              "alias's own."),
      setting("valid_for", STAGEPOST_FIELD(policy.forwarding.valid_for),
              duration_codec(hours(24), hours(24 * 365)),
              "So long an address that was made leads back. Servers try for some days."),
      setting("renew_secret_after", STAGEPOST_FIELD(policy.forwarding.renew_secret_after),
              duration_codec(hours(24), hours(24 * 365)),
              "How old the secret may be that addresses are made with. What older ones made stays "
              "good."),
      path_setting("secrets", STAGEPOST_FIELD(policy.forwarding.secrets_path),
                   {.below = Below::state, .name = "srs-secrets"},
                   "The file with the secrets, made when it is missing."),
  };
  return section;
}

}  // namespace

std::vector<Section> alias_sections() { return {alias_file_section(), forwarding_section()}; }

}  // namespace config
