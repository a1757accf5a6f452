// lib/sasl/engine.h: makes exchanges; holds what GNU SASL needs for all of them.
//
// What:    begin() gives the Exchange of a mechanism: PLAIN and SCRAM by GNU SASL, LOGIN,
//          OAUTHBEARER and XOAUTH2 of our own (GNU SASL's LOGIN takes no initial response, and it
//          has no server for the other two).
// In/Out:  Mechanism and Context → Exchange, which must not outlive the Engine.
// Errors:  make() fails when GNU SASL cannot start or lacks a mechanism.
// Limits:  an Engine belongs to one thread.
// Not here: the steps themselves (exchange.h).
#pragma once

#include <memory>

#include "lib/base/result.h"
#include "lib/sasl/exchange.h"

struct Gsasl;

namespace sasl {

class Engine {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<Engine>> make();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  // Never null. SCRAM needs Context::credential; SCRAM-SHA-256-PLUS a binding that is available.
  [[nodiscard]] std::unique_ptr<Exchange> begin(Mechanism mechanism, Context context);

 private:
  explicit Engine(Gsasl* library) : library_(library) {}
  Gsasl* library_;
};

}  // namespace sasl
