// What charts know about numbers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { byDay, stepNames } from "../../../web/src/lib/flow";
import { axis, labelEvery, linear, niceStep, stack } from "../../../web/src/lib/scale";

test("an axis ends at a round number at or above the largest value", () => {
  const rows: [number, number, number][] = [
    [0, 1, 1],
    [1, 1, 1],
    [3, 3, 1],
    [7, 8, 2],
    [97, 100, 50],
    [426, 600, 200],
    [1_000_000, 1_000_000, 500_000],
  ];
  for (const [max, top, step] of rows) {
    const made = axis(max);
    assert.equal(made.max, top, `axis(${max})`);
    assert.equal(made.ticks[1], step, `axis(${max})`);
    assert.equal(made.ticks.at(-1), top);
  }
});

test("a step is 1, 2 or 5 times a power of ten", () => {
  assert.equal(niceStep(0, 4), 1);
  assert.equal(niceStep(0.3, 4), 0.1);
  assert.equal(niceStep(90, 4), 50);
});

test("linear goes both ways and knows an empty range", () => {
  assert.equal(linear([0, 10], [100, 0])(2.5), 75);
  assert.equal(linear([5, 5], [0, 10])(5), 0);
});

test("layers stand on each other; nothing is below nothing", () => {
  assert.deepEqual(stack([3, 0, -2, 4]), [
    { from: 0, to: 3 },
    { from: 3, to: 3 },
    { from: 3, to: 3 },
    { from: 3, to: 7 },
  ]);
});

test("labels are never closer than there is room", () => {
  assert.equal(labelEvery(96, 8), 12);
  assert.equal(labelEvery(5, 8), 1);
  assert.equal(labelEvery(5, 0), 5);
});

test("steps of a period are named in local time", () => {
  const begin = new Date(2026, 10, 29, 10, 0).toISOString();
  const { labels, longLabels } = stepNames(begin, 900, 3, "day");
  assert.deepEqual(labels, ["10:00", "10:15", "10:30"]);
  assert.equal(longLabels[2], "2026-11-29 10:30");
});

test("reports are counted on the day on which they begin", () => {
  const now = Date.parse("2026-11-29T12:00:00Z");
  const counted = byDay(
    [
      { begin: "2026-11-28T00:00:00Z", count: 10, good: 7 },
      { begin: "2026-11-28T00:00:00Z", count: 5, good: 5 },
      { begin: "2026-10-01T00:00:00Z", count: 99, good: 0 },
    ],
    3,
    now,
  );
  assert.deepEqual(counted.days, ["2026-11-27", "2026-11-28", "2026-11-29"]);
  assert.deepEqual(counted.good, [0, 12, 0]);
  assert.deepEqual(counted.bad, [0, 3, 0]);
});
