// The events of a trace in words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { destinationName, stateTone, tell } from "../../../web/src/lib/events";

test("a deferral says who, what the other side said, and when it goes on", () => {
  const told = tell({
    ts: "2026-11-29T12:00:00.000Z",
    level: "warning",
    event: "recipient.deferred",
    message: "3gk1v0r5s0000",
    to: "an@example.net",
    remote: "mx.example.net",
    reply: "451 4.7.1 later",
  });
  assert.equal(told.title, "Not delivered yet to an@example.net");
  assert.equal(told.said, "451 4.7.1 later");
  assert.equal(told.tone, "warn");
  assert.deepEqual(told.facts, [["Server", "mx.example.net"]]);
});

test("the null sender has a name", () => {
  assert.equal(
    tell({ event: "message.accepted", from: "" }).title,
    "Accepted from <> (the null sender)",
  );
});

test("an event that this page does not know is shown as it is", () => {
  const told = tell({ event: "shiny.new", level: "error", some_field: "x", empty: "" });
  assert.deepEqual(told, {
    title: "shiny.new",
    said: "",
    tone: "bad",
    facts: [["some field", "x"]],
  });
});

test("sizes and times are readable", () => {
  const facts = Object.fromEntries(
    tell({ event: "message.accepted", from: "a", size: "2048", next: "2026-11-29T12:00:00Z" })
      .facts,
  );
  assert.equal(facts.Size, "2.0 KiB");
  assert.match(facts["Next attempt"] ?? "", /^2026-11-\d\d \d\d:00:00$/);
});

test("states have their colours, also unknown ones", () => {
  assert.equal(stateTone("delivered"), "ok");
  assert.equal(stateTone("held"), "warn");
  assert.equal(stateTone("failed"), "bad");
  assert.equal(stateTone("new state"), "plain");
});

test("a destination by MX is named after its domain", () => {
  assert.equal(destinationName("mx:example.org"), "example.org");
  assert.equal(destinationName("relay:[192.0.2.1]:25"), "relay:[192.0.2.1]:25");
});
