// delivery/look_through.h: what a message's text is made of, where the next server takes not all.
//
// What:    octets above 127, in header and anywhere; whether it can go by DATA unchanged.
// In/Out:  BodyReader → Substance.
// Errors:  the reader's.
// Limits:  the text is read once, to its end at most; the scanner's for its MIME structure.
// Not here: what follows from it (adapt.h). Nothing is ever converted here: it would break the
//          signatures of whoever wrote it.
#pragma once

#include "lib/base/result.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "queue/courier.h"

namespace delivery {

struct Substance {
  bool header_beyond_ascii = false;
  bool beyond_ascii = false;
  // Lines that DATA cannot carry as they are (RFC 5321 §2.3.8, §4.5.3.1.6), or a part that is
  // labelled so (RFC 2045 §6.2).
  bool binary = false;
};

// `lines`: whether it is binary is asked, too, which needs all of it.
io::Task<base::Result<Substance>> look_through(io::Ref<queue::BodyReader> body, bool lines);

}  // namespace delivery
