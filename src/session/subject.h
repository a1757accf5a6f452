// session/subject.h: the subject of a message in an event of it.
//
// What:    adds the field "subject", decoded (RFC 2047), when the message has one.
// In/Out:  the message's header → one more field.
// Errors:  none: what cannot be decoded stays as it is written.
// Limits:  subject_bytes_max.
// Not here: whether subjects are told at all (Settings::tell_subjects).
#pragma once

#include <string_view>

#include "lib/base/event.h"

namespace session {

inline constexpr std::size_t subject_bytes_max = 200;

void add_subject(base::Event& event, std::string_view header);

}  // namespace session
