// lib/settings.ts: settings as TOML writes them. Pure.

// "queue" of "queue.retry_first"; a name without a dot stands before the first table.
export function tableOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(0, dot);
}

export function settingText(value: unknown): string {
  if (value === null || value === undefined || value === "") return '""';
  if (Array.isArray(value)) return `[${value.map(settingText).join(", ")}]`;
  if (typeof value === "object") return JSON.stringify(value);
  if (typeof value === "string") return JSON.stringify(value);
  return String(value);
}
