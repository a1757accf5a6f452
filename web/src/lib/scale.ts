// lib/scale.ts: what a chart needs to know about numbers: round axes, positions, paths. Pure.

// A step of 1, 2 or 5 times a power of ten that divides `max` into at most `ticks` parts.
export function niceStep(max: number, ticks: number): number {
  if (max <= 0) return 1;
  const raw = max / Math.max(1, ticks);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw - 1e-9) ?? 10;
  return step * power;
}

export interface Axis {
  max: number;
  ticks: number[];
}

// Counts have no halves: a whole step at least.
export function axis(max: number, ticks = 4): Axis {
  const step = Math.max(1, niceStep(max, ticks));
  const top = Math.max(step, Math.ceil(max / step) * step);
  const out: number[] = [];
  for (let value = 0; value <= top + step / 2; value += step) out.push(value);
  return { max: top, ticks: out };
}

export function linear(from: [number, number], to: [number, number]): (value: number) => number {
  const size = from[1] - from[0] || 1;
  return (value) => to[0] + ((value - from[0]) / size) * (to[1] - to[0]);
}

const round = (value: number): number => Math.round(value * 10) / 10;

export function linePath(points: [number, number][]): string {
  return points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join("");
}

export function areaPath(points: [number, number][], base: number): string {
  const first = points[0];
  const last = points[points.length - 1];
  if (!first || !last) return "";
  return `${linePath(points)}L${round(last[0])} ${round(base)}L${round(first[0])} ${round(base)}Z`;
}

export interface Layer {
  from: number;
  to: number;
}

// Values of one step on top of each other, in their order.
export function stack(values: number[]): Layer[] {
  let sum = 0;
  return values.map((value) => {
    const from = sum;
    sum += Math.max(0, value);
    return { from, to: sum };
  });
}

// At most `max` of `total` steps get a label; always evenly apart, beginning with the first.
export function labelEvery(total: number, max: number): number {
  return Math.max(1, Math.ceil(total / Math.max(1, max)));
}
