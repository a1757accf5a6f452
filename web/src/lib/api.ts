// lib/api.ts: requests to the server's HTTP API, by the session's cookie.
//
// A session is known by a cookie that scripts cannot read, and by a token that goes with every
// request that changes something. What fails becomes an ApiError with words to show.
import { type Query, queryText } from "./router";

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: no answer at all
    message: string,
    readonly remedy: string,
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

export interface Session {
  address: string;
  csrf: string;
  expires: string;
  second_factor: boolean;
  recovery_codes_left?: number;
  idle_seconds?: number;
}

let csrf = "";
let onSignedOut: () => void = () => {};

export function useSession(session: Session | null): void {
  csrf = session?.csrf ?? "";
}

// Called when the server no longer knows the session.
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

export function remedyOf(status: number, retryAfter: string | null): string {
  if (status === 0) {
    return "Check the connection. If the server was restarted, it is back in a few seconds.";
  }
  if (status === 401) return "Log in again.";
  if (status === 403) return "Log in with an account that is marked as administrator.";
  if (status === 404) return "It may have been removed meanwhile. Reload the list.";
  if (status === 409) return "Reload: somebody else may have changed it.";
  if (status === 413) return "Send less at once.";
  if (status === 429) {
    return retryAfter ? `Wait ${retryAfter} seconds, then try again.` : "Wait a minute.";
  }
  if (status >= 500) {
    return "Try again. If it stays so, the log says why: look at the page Log.";
  }
  return "Mend what the text names, then try again.";
}

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  const body = await bodyOf(response);
  const said = typeof body.error === "string" ? body.error : "";
  const message = said || `the server answered ${response.status} ${response.statusText}`.trim();
  const remedy = remedyOf(response.status, response.headers.get("Retry-After"));
  return new ApiError(response.status, message, remedy, body);
}

export interface Options {
  body?: unknown; // sent as JSON, but a Blob as it is
  signal?: AbortSignal;
  quiet?: boolean; // a 401 says something else than that the session has ended
  background?: boolean; // asked by the page itself: does not keep an idle session alive
}

async function send(method: string, url: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (options.background) headers["X-Background"] = "1";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  if (options.body instanceof Blob) {
    headers["Content-Type"] = "application/octet-stream";
    init.body = options.body;
  } else if (options.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(options.body);
  }
  if (options.signal) init.signal = options.signal;
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "the server does not answer", remedyOf(0, null));
  }
}

async function checked(method: string, url: string, options: Options): Promise<Response> {
  const response = await send(method, url, options);
  if (response.ok) return response;
  const error = await errorOf(response);
  if (error.status === 401 && !options.quiet) onSignedOut();
  throw error;
}

export async function get<T>(path: string, query: Query = {}, options: Options = {}): Promise<T> {
  const response = await checked("GET", `/api/v1/${path}${queryText(query)}`, options);
  return (await response.json()) as T;
}

export async function getText(path: string, query: Query, options: Options = {}): Promise<string> {
  return (await checked("GET", `/api/v1/${path}${queryText(query)}`, options)).text();
}

export async function post<T>(path: string, body: unknown, options: Options = {}): Promise<T> {
  const response = await checked("POST", `/api/v1/${path}`, { ...options, body });
  return (await bodyOf(response)) as T;
}

export async function remove(path: string): Promise<void> {
  await checked("DELETE", `/api/v1/${path}`, {});
}
