// lib/session.ts: who is logged in; the shell and the log-in page listen to it.
import { type Session, get, remove, useSession, whenSignedOut } from "./api";

export type State =
  | { kind: "asking" }
  | { kind: "out"; ended: boolean }
  | { kind: "in"; session: Session };

let state: State = { kind: "asking" };
const listeners = new Set<(state: State) => void>();

function become(next: State): void {
  state = next;
  useSession(next.kind === "in" ? next.session : null);
  for (const listener of listeners) listener(next);
}

export function current(): State {
  return state;
}

export function listen(listener: (state: State) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// The page stays where it is: after the next log-in the same address is shown.
whenSignedOut(() => become({ kind: "out", ended: state.kind === "in" }));

export function signIn(session: Session): void {
  become({ kind: "in", session });
}

export async function begin(): Promise<void> {
  try {
    signIn(await get<Session>("session", {}, { quiet: true }));
  } catch {
    become({ kind: "out", ended: false });
  }
}

export async function signOut(): Promise<void> {
  try {
    await remove("session");
  } finally {
    become({ kind: "out", ended: false });
  }
}
