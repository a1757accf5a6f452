// See table.h: mail that passes every signature and deceives people.
#include "config/table.h"

namespace config {
namespace {

using policy::OnMark;

Codec<OnMark> mark_codec() {
  return choice_codec<OnMark>(
      {{"off", OnMark::off}, {"mark", OnMark::mark}, {"hold", OnMark::hold}});
}

}  // namespace

std::vector<Section> impersonation_sections() {
  Section section;
  section.name = "impersonation";
  section.text =
      "Mail from outside that passes every signature and deceives people all the same. \"mark\" "
      "adds a field X-Stagepost-Warning, \"hold\" keeps the mail for an operator as well; see "
      "docs/impersonation.md.";
  section.settings = {
      setting(
          "own_domain", STAGEPOST_FIELD(policy.impersonation.own_domain), mark_codec(),
          "The author's domain is one of ours, and neither DMARC nor SPF nor a signature proves "
          "it. With DMARC's p=reject such mail does not come in at all."),
      setting("look_alike", STAGEPOST_FIELD(policy.impersonation.look_alike), mark_codec(),
              "The author's domain looks like one of ours or of somebody whom the recipient wrote "
              "to."),
      setting("display_name", STAGEPOST_FIELD(policy.impersonation.display_name), mark_codec(),
              "The author has the name of one of our people, or shows another address in his "
              "name."),
      setting("reply_to", STAGEPOST_FIELD(policy.impersonation.reply_to), mark_codec(),
              "Answers to somebody whom the recipient knows, to one of ours or to a marked author "
              "would go to another domain."),
      setting("first_contact", STAGEPOST_FIELD(policy.impersonation.first_contact), mark_codec(),
              "No recipient ever wrote to this author or had mail from him."),
      setting("people", STAGEPOST_FIELD(policy.impersonation.people),
              list_codec(text_codec("name")),
              "Names of our people besides those of mailboxes (`user add --name`): \"Jane Doe\", "
              "or \"Jane Doe <jane@private.example>\" with an address of hers outside."),
      setting("domains", STAGEPOST_FIELD(policy.impersonation.domains), list_codec(host_codec()),
              "Domains to be protected besides ours and those of contacts: a bank, a parent "
              "company."),
      setting("allow", STAGEPOST_FIELD(policy.impersonation.allow), list_codec(host_codec()),
              "Domains, with those below them, whose mail is never marked."),
      setting("contacts_max", STAGEPOST_FIELD(policy.impersonation.contacts_max),
              count_codec<std::size_t>(100, 1'000'000),
              "Contacts remembered per account, as keyed hashes; the longest unused are "
              "forgotten."),
      setting("contacts_keep", STAGEPOST_FIELD(policy.impersonation.contacts_keep),
              duration_codec(std::chrono::hours(24), std::chrono::hours(24 * 3'660)),
              "How long after the last mail a contact is remembered."),
  };
  return {std::move(section)};
}

}  // namespace config
