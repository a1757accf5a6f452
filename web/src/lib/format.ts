// lib/format.ts: numbers, sizes, times and spans as people read them. Pure: the time is an argument.

const numbers = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export function count(value: number): string {
  return numbers.format(value);
}

// 1,234 stays; 12,345 becomes 12.3K: for axes and tiles.
export function shortCount(value: number): string {
  return Math.abs(value) < 10_000 ? numbers.format(value) : compact.format(value);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

// Powers of 1,024, as the settings' own sizes.
export function bytes(value: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let rest = value;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || rest >= 100 ? 0 : 1;
  return `${rest.toFixed(digits)} ${units[unit]}`;
}

// 0.9987 must not read as 100 %: only what is whole says so.
export function percent(share: number): string {
  const value = share * 100;
  if (value >= 100) return "100 %";
  if (value > 99.9) return "> 99.9 %";
  if (value > 0 && value < 0.1) return "< 0.1 %";
  return `${value.toFixed(value >= 10 ? 1 : 2).replace(/\.?0+$/, "")} %`;
}

const steps: [number, string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

// The two largest units: "3 d 4 h", "12 min", "0.4 s".
export function span(seconds: number): string {
  if (seconds < 0) return `-${span(-seconds)}`;
  if (seconds > 0 && seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const at = steps.findIndex(([size]) => whole >= size);
  if (at < 0) return "0 s";
  const [size, unit] = steps[at] as [number, string];
  const first = Math.floor(whole / size);
  const next = steps[at + 1];
  const rest = next ? Math.floor((whole - first * size) / next[0]) : 0;
  return next && rest > 0 ? `${first} ${unit} ${rest} ${next[1]}` : `${first} ${unit}`;
}

// "5 min ago", "in 3 h"; within a few seconds "now".
export function relative(time: string | number | Date, now: number): string {
  const seconds = (new Date(time).getTime() - now) / 1000;
  if (!Number.isFinite(seconds)) return "";
  const size = Math.abs(seconds);
  if (size < 5) return "now";
  const [unit, name] = steps.find(([step]) => size >= step) ?? [1, "s"];
  const value = `${Math.floor(size / unit)} ${name}`;
  return seconds < 0 ? `${value} ago` : `in ${value}`;
}

const pad = (value: number): string => String(value).padStart(2, "0");

// Local time, in an order that sorts: 2026-11-29 14:03:05.
export function dateTime(time: string | number | Date): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  return `${day(date)} ${clock(date)}`;
}

export function day(time: string | number | Date): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

export function clock(time: string | number | Date): string {
  const date = new Date(time);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

// "29 Nov"; for axes.
export function shortDay(time: string | number | Date): string {
  return new Date(time).toLocaleDateString("en", { day: "numeric", month: "short" });
}

export function hourMinute(time: string | number | Date): string {
  const date = new Date(time);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

// A capital at the front, but not of an address, a domain or a number: those are names.
export function sentence(text: string): string {
  return /^[a-z]+[ ,:]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
