// trace/privacy.h: what of a mail may stand in the log and in the traces.
//
// What:    the settings of [privacy].
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  none.
// Not here: how it is done (redact.h), how long things are kept (settings.h).
#pragma once

#include <cstdint>

namespace trace {

enum class Subjects : std::uint8_t {
  redact,  // none is written down
  keep,    // of mail that was accepted or refused
};

enum class LocalParts : std::uint8_t {
  keep,
  hash,    // a keyed hash takes its place: one person's mail can still be followed
  redact,  // nothing takes its place
};

struct Privacy {
  Subjects subjects = Subjects::redact;
  LocalParts local_parts = LocalParts::keep;
};

}  // namespace trace
