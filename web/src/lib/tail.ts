// lib/tail.ts: the kept end of a log that grows. Pure.

export const keptMax = 1000; // lines: what a browser shows without a pause

// What was there and what is new, the oldest cut off.
export function newest<T>(before: T[], fresh: T[]): T[] {
  if (fresh.length === 0) return before;
  const all = [...before, ...fresh];
  return all.length > keptMax ? all.slice(all.length - keptMax) : all;
}

// The id of a message in a line: 13 digits and letters (Crockford's, no i, l, o, u), a digit first.
export function hasMessage(text: string): string | undefined {
  return /(?:^|[\s=])([0-9][0-9a-hjkmnp-tv-z]{12})(?=\s|$)/.exec(text)?.[1];
}
