// lib/keys.ts: which keys lead where. Pure: what a key means where the focus is.

export const goKeys: Record<string, [page: string, title: string]> = {
  o: ["", "Overview"],
  m: ["messages", "Messages"],
  q: ["queue", "Queue"],
  l: ["log", "Log"],
  b: ["mailboxes", "Mailboxes"],
  s: ["limits", "Limits and bans"],
  d: ["domains", "Domains and DNS"],
  r: ["reports", "Reports"],
  x: ["doctor", "Doctor"],
};

export type Meaning =
  | { kind: "none" }
  | { kind: "search" }
  | { kind: "help" }
  | { kind: "prefix" } // "g": the next key says where
  | { kind: "go"; page: string };

export interface Press {
  key: string;
  modified: boolean; // with Ctrl, Alt or Meta: the browser's own
  typing: boolean; // in a field: the key is a letter
  dialog: boolean; // a question is open
}

export function meaning(press: Press, afterPrefix: boolean): Meaning {
  if (press.modified || press.typing || press.dialog) return { kind: "none" };
  if (afterPrefix) {
    const to = goKeys[press.key];
    return to ? { kind: "go", page: to[0] } : { kind: "none" };
  }
  if (press.key === "/") return { kind: "search" };
  if (press.key === "?") return { kind: "help" };
  if (press.key === "g") return { kind: "prefix" };
  return { kind: "none" };
}
