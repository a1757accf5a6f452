// ui/hooks.ts: where we are, what time it is, what the server says.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, type Options } from "../lib/api";
import { type Place, parse } from "../lib/router";

export function usePlace(): Place {
  const [place, setPlace] = useState(() => parse(location.pathname, location.search));
  useEffect(() => {
    const read = () => setPlace(parse(location.pathname, location.search));
    addEventListener("popstate", read);
    return () => removeEventListener("popstate", read);
  }, []);
  return place;
}

// The time, renewed every so many seconds: for "5 min ago".
export function useNow(seconds = 15): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return now;
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const words = error instanceof Error ? error.message : String(error);
  return new ApiError(-1, `this page has a fault: ${words}`, "Reload the page.");
}

export interface Resource<T> {
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  reload: () => void;
}

// What `load` brings; again when one of `deps` changes, by reload(), and every so many seconds
// while the page is seen. What was there stays until the new is here.
export function useResource<T>(
  load: (ask: Options) => Promise<T>,
  deps: readonly unknown[],
  everySeconds = 0,
): Resource<T> {
  const [state, setState] = useState<Omit<Resource<T>, "reload">>({
    data: undefined,
    error: undefined,
    loading: true,
  });
  const [turn, setTurn] = useState(0);
  const background = useRef(false);
  const again = useCallback((byItself: boolean) => {
    background.current = byItself;
    setTurn((last) => last + 1);
  }, []);
  const reload = useCallback(() => again(false), [again]);
  useEffect(() => {
    const abort = new AbortController();
    setState((last) => ({ ...last, loading: true }));
    const ask = { signal: abort.signal, background: background.current };
    background.current = false;
    load(ask).then(
      (data) => {
        if (!abort.signal.aborted) setState({ data, error: undefined, loading: false });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setState((last) => ({ ...last, error: asApiError(error), loading: false }));
      },
    );
    return () => abort.abort();
  }, [...deps, turn]);
  useEffect(() => {
    if (everySeconds === 0) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") again(true);
    }, everySeconds * 1000);
    return () => clearInterval(timer);
  }, [everySeconds, again]);
  return { ...state, reload };
}

export interface Work {
  busy: boolean;
  error: ApiError | undefined;
  run: (work: () => Promise<void>) => Promise<void>;
  clear: () => void;
}

// One thing at a time that a person asked for, and what became of it.
export function useWork(): Work {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | undefined>();
  const alive = useRef(true);
  useEffect(
    () => () => {
      alive.current = false;
    },
    [],
  );
  const run = useCallback(async (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (caught) {
      if (alive.current) setError(asApiError(caught));
    } finally {
      if (alive.current) setBusy(false);
    }
  }, []);
  return { busy, error, run, clear: () => setError(undefined) };
}

// Text as it was a moment ago: so that typing does not ask the server at each letter.
export function useSettled<T>(value: T, milliseconds = 300): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
