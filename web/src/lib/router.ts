// lib/router.ts: addresses of pages below /admin/, read and written. Pure but for `navigate`.

export const base = "/admin/";

export interface Place {
  page: string; // "" is the overview
  rest: string; // what follows the page's name, decoded: a message's id, a mailbox
  query: Record<string, string>;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray "%": shown as it was typed
  }
}

export function parse(pathname: string, search: string): Place {
  const inside = pathname.startsWith(base) ? pathname.slice(base.length) : "";
  const [page = "", ...rest] = inside.split("/");
  const query = Object.fromEntries(new URLSearchParams(search));
  return { page: decoded(page), rest: decoded(rest.join("/").replace(/\/$/, "")), query };
}

export type Query = Record<string, string | number | boolean | undefined>;

// Empty values are left out, so that an address says only what was chosen.
export function queryText(query: Query): string {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== "" && value !== false) out.set(key, String(value));
  }
  const text = out.toString();
  return text ? `?${text}` : "";
}

export function link(page: string, rest = "", query: Query = {}): string {
  const path = rest ? `${page}/${encodeURIComponent(rest)}` : page;
  return `${base}${path}${queryText(query)}`;
}

// Only what is ours: an address from an answer must not lead elsewhere, nor run a script.
export function isOwnLink(href: string): boolean {
  return href.startsWith(base) && !href.includes("\\") && !href.includes("//");
}

export function navigate(href: string, replace = false): void {
  if (href === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", href);
  dispatchEvent(new PopStateEvent("popstate"));
}
