// lib/flow.ts: the steps of a period, named for an axis and in full. Pure.
import type { Period } from "../types";
import { dateTime, hourMinute, shortDay } from "./format";

export interface StepNames {
  labels: string[];
  longLabels: string[];
}

export function stepNames(
  begin: string,
  stepSeconds: number,
  steps: number,
  period: Period,
): StepNames {
  const start = new Date(begin).getTime();
  const labels: string[] = [];
  const longLabels: string[] = [];
  for (let i = 0; i < steps; i += 1) {
    const time = start + i * stepSeconds * 1000;
    labels.push(period === "hour" || period === "day" ? hourMinute(time) : shortDay(time));
    longLabels.push(dateTime(time).slice(0, 16));
  }
  return { labels, longLabels };
}

// Reports by the day on which their period began, the last `days` days; what is older is left out.
export interface Counted {
  begin: string;
  count: number;
  good: number;
}

export function byDay(
  reports: Counted[],
  days: number,
  now: number,
): { days: string[]; good: number[]; bad: number[] } {
  const keys: string[] = [];
  const index = new Map<string, number>();
  for (let i = days - 1; i >= 0; i -= 1) {
    const key = new Date(now - i * 86_400_000).toISOString().slice(0, 10);
    index.set(key, keys.length);
    keys.push(key);
  }
  const good = keys.map(() => 0);
  const bad = keys.map(() => 0);
  for (const report of reports) {
    const at = index.get(report.begin.slice(0, 10));
    if (at === undefined) continue;
    good[at] = (good[at] ?? 0) + report.good;
    bad[at] = (bad[at] ?? 0) + Math.max(0, report.count - report.good);
  }
  return { days: keys, good, bad };
}
