// See table.h: what log and traces may say of people.
#include "config/table.h"

namespace config {
namespace {

Setting subjects() {
  Setting out = setting(
      "subjects", STAGEPOST_FIELD(trace.privacy.subjects),
      choice_codec<trace::Subjects>(
          {{"redact", trace::Subjects::redact}, {"keep", trace::Subjects::keep}}),
      "\"redact\": no subject is written down, and what others say is cut after \"Subject:\". "
      "\"keep\": the events of mail that was accepted or refused have its subject.");
  out.finish = [](Config& config, const std::string&) {
    config.session.tell_subjects = config.trace.privacy.subjects == trace::Subjects::keep;
  };
  return out;
}

Section privacy_section() {
  Section section;
  section.name = "privacy";
  section.text =
      "What the log, syslog and the traces say of people, and what is shown of those; the queue "
      "and "
      "the mailboxes have what they need. How long things are kept: docs/privacy.md.";
  section.settings = {
      subjects(),
      setting(
          "local_parts", STAGEPOST_FIELD(trace.privacy.local_parts),
          choice_codec<trace::LocalParts>({{"keep", trace::LocalParts::keep},
                                           {"hash", trace::LocalParts::hash},
                                           {"redact", trace::LocalParts::redact}}),
          "What stands before the @: \"keep\" it; \"hash\": a pseudonym made with the key in "
          "STATE/privacy.key, so that one person's mail can still be followed and `stagepost "
          "explain ADDRESS` finds it; \"redact\": nothing, and `explain` takes message ids only."),
  };
  return section;
}

}  // namespace

std::vector<Section> privacy_sections() { return {privacy_section()}; }

}  // namespace config
