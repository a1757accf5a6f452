// Numbers, sizes and times as the pages show them.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../../web/src/lib/format";

const table = <T>(name: string, of: (value: T) => string, rows: [T, string][]) =>
  test(name, () => {
    for (const [value, text] of rows) assert.equal(of(value), text, `${name}(${value})`);
  });

table("count", format.count, [
  [0, "0"],
  [1234567, "1,234,567"],
]);
table("shortCount", format.shortCount, [
  [9999, "9,999"],
  [10000, "10K"],
  [1_250_000, "1.3M"],
]);
table("bytes", format.bytes, [
  [0, "0 bytes"],
  [1023, "1023 bytes"],
  [1024, "1.0 KiB"],
  [52428800, "50.0 MiB"],
  [200 * 1024 ** 3, "200 GiB"],
  [5e15, "4547 TiB"],
]);
table("percent: only what is whole is 100 %", format.percent, [
  [1, "100 %"],
  [0.9999, "> 99.9 %"],
  [0.998, "99.8 %"],
  [0.05, "5 %"],
  [0.0001, "< 0.1 %"],
  [0, "0 %"],
]);
table("span", format.span, [
  [0, "0 s"],
  [0.42, "0.4 s"],
  [61, "1 min 1 s"],
  [3600, "1 h"],
  [100_000, "1 d 3 h"],
  [-90, "-1 min 30 s"],
]);
table("sentence: names keep their letters", format.sentence, [
  ["the queue is full", "The queue is full"],
  ["yahoo.com refuses", "yahoo.com refuses"],
  ["an@example.org is held", "an@example.org is held"],
  ["203.0.113.1 is listed", "203.0.113.1 is listed"],
]);

test("plural", () => {
  assert.equal(format.plural(1, "message"), "1 message");
  assert.equal(format.plural(0, "message"), "0 messages");
  assert.equal(format.plural(2, "mailbox", "mailboxes"), "2 mailboxes");
});

test("relative", () => {
  const now = Date.parse("2026-11-29T12:00:00Z");
  const rows: [string, string][] = [
    ["2026-11-29T11:59:57Z", "now"],
    ["2026-11-29T11:55:00Z", "5 min ago"],
    ["2026-11-29T15:30:00Z", "in 3 h"],
    ["2026-11-20T12:00:00Z", "9 d ago"],
    ["nonsense", ""],
  ];
  for (const [time, text] of rows) assert.equal(format.relative(time, now), text);
});

test("times are local and sort as text", () => {
  const time = new Date(2026, 0, 5, 3, 4, 5);
  assert.equal(format.dateTime(time), "2026-01-05 03:04:05");
  assert.equal(format.hourMinute(time), "03:04");
  assert.equal(format.dateTime("nonsense"), "nonsense");
});
