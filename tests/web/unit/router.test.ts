// Addresses, keys, the end of a log.
import assert from "node:assert/strict";
import { test } from "node:test";
import { meaning } from "../../../web/src/lib/keys";
import { isOwnLink, link, parse, queryText } from "../../../web/src/lib/router";
import { hasMessage, keptMax, newest } from "../../../web/src/lib/tail";

test("an address is read as it was written", () => {
  const rests = ["", "an@example.org", "mx:example.org", "a/b", "ü & ?", "100%"];
  for (const rest of rests) {
    const url = new URL(link("queue", rest, { held: "true" }), "http://host");
    const place = parse(url.pathname, url.search);
    assert.deepEqual(place, { page: "queue", rest, query: { held: "true" } }, rest);
  }
});

test("strange addresses are no error", () => {
  assert.deepEqual(parse("/admin/", ""), { page: "", rest: "", query: {} });
  assert.deepEqual(parse("/elsewhere", ""), { page: "", rest: "", query: {} });
  assert.equal(parse("/admin/messages/%E0%A4%A", "").rest, "%E0%A4%A");
});

test("what was not chosen is not in the address", () => {
  assert.equal(queryText({ q: "", state: undefined, limit: 50, all: false }), "?limit=50");
  assert.equal(queryText({}), "");
});

test("only links of our own are followed", () => {
  for (const good of ["/admin/", "/admin/doctor#spf", "/admin/queue?destination=mx%3Ax.test"]) {
    assert.ok(isOwnLink(good), good);
  }
  const bad = [
    "javascript:alert(1)",
    "//evil.test/admin/",
    "/admin//evil.test",
    "/admin/\\evil.test",
  ];
  for (const one of [...bad, "https://evil.test/admin/", "/api/v1/queue", ""]) {
    assert.ok(!isOwnLink(one), one);
  }
});

test("keys mean something only where nobody types", () => {
  const press = { key: "/", modified: false, typing: false, dialog: false };
  assert.deepEqual(meaning(press, false), { kind: "search" });
  assert.deepEqual(meaning({ ...press, key: "?" }, false), { kind: "help" });
  assert.deepEqual(meaning({ ...press, key: "g" }, false), { kind: "prefix" });
  assert.deepEqual(meaning({ ...press, key: "q" }, true), { kind: "go", page: "queue" });
  assert.deepEqual(meaning({ ...press, key: "z" }, true), { kind: "none" });
  for (const change of [{ typing: true }, { dialog: true }, { modified: true }]) {
    assert.deepEqual(meaning({ ...press, ...change }, false), { kind: "none" });
  }
});

test("a log that grows for ever keeps its newest lines", () => {
  let lines: number[] = [];
  for (let i = 0; i < 3000; i += 100) {
    lines = newest(
      lines,
      Array.from({ length: 100 }, (_, k) => i + k),
    );
  }
  assert.equal(lines.length, keptMax);
  assert.equal(lines.at(-1), 2999);
  assert.equal(newest(lines, []), lines);
});

test("a message's id is found in a line", () => {
  assert.equal(hasMessage("3gk1v0r5s0000 from=a@x.test"), "3gk1v0r5s0000");
  assert.equal(hasMessage("queued as=3gk1v0r5s0000"), "3gk1v0r5s0000");
  assert.equal(hasMessage("s3gk1v0r5s0000 a session"), undefined);
  assert.equal(hasMessage("no id here at all"), undefined);
});
