// pages/login.tsx: address and password, then the code of the second factor where there is one.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, type Session, post } from "../lib/api";
import { signIn } from "../lib/session";
import { useWork } from "../ui/hooks";
import { Logo } from "../ui/icons";
import { Button, ErrorNote, Field, Note } from "../ui/parts";
import { ThemeChoice } from "../ui/theme";

export function LogIn({ ended }: { ended: boolean }) {
  const [address, setAddress] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [needCode, setNeedCode] = useState(false);
  const work = useWork();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    document.title = "Log in · Stagepost";
    form.current?.querySelector("input")?.focus();
  }, []);
  useEffect(() => {
    if (needCode) form.current?.querySelector<HTMLInputElement>("[name=code]")?.focus();
  }, [needCode]);
  const submit = () =>
    work.run(async () => {
      const body = {
        address: address.trim(),
        password,
        ...(needCode ? { code: code.trim() } : {}),
      };
      try {
        signIn(await post<Session>("session", body, { quiet: true }));
      } catch (error) {
        if (error instanceof ApiError && error.body.need_code === true && !needCode) {
          setNeedCode(true);
          return;
        }
        throw explained(error);
      }
    });
  return (
    <main class="gate">
      <div class="gate-card">
        <div class="brand">
          <Logo />
          <span>Stagepost</span>
        </div>
        <h1>{needCode ? "Second factor" : "Log in"}</h1>
        {ended && !needCode && (
          <Note>Your session has ended. After you log in, you are back where you were.</Note>
        )}
        <form
          ref={form}
          class="form"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <div class={needCode ? "unseen" : "form-part"}>
            <Field
              label="Address"
              name="address"
              type="email"
              autocomplete="username"
              required
              tabIndex={needCode ? -1 : 0}
              value={address}
              placeholder="you@example.org"
              onInput={(event) => setAddress(event.currentTarget.value)}
            />
            <Field
              label="Password"
              name="password"
              type="password"
              autocomplete="current-password"
              required
              tabIndex={needCode ? -1 : 0}
              value={password}
              onInput={(event) => setPassword(event.currentTarget.value)}
            />
          </div>
          {needCode && (
            <Field
              label="Code"
              name="code"
              autocomplete="one-time-code"
              required
              maxLength={32}
              value={code}
              hint="Six digits from your authenticator, or one of your recovery codes."
              onInput={(event) => setCode(event.currentTarget.value)}
            />
          )}
          <ErrorNote error={work.error} />
          <Button type="submit" look="main" busy={work.busy}>
            {needCode ? "Continue" : "Log in"}
          </Button>
          {needCode && (
            <Button
              look="quiet"
              onClick={() => {
                setNeedCode(false);
                setCode("");
                work.clear();
              }}
            >
              Back
            </Button>
          )}
        </form>
        <details class="gate-help">
          <summary>Cannot log in?</summary>
          <p>
            Only the mailboxes of administrators can. On the server, this makes one of yours an
            administrator's:
          </p>
          <pre tabIndex={0}>stagepost user set you@example.org --administrator yes</pre>
          <p>App passwords are for mail programs and are refused here.</p>
        </details>
      </div>
      <ThemeChoice />
    </main>
  );
}

// Which of the two was wrong is told to nobody.
function explained(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.status !== 401) return error;
  const remedy =
    "Check address, password and code. Several failures in a row slow the next try down.";
  return new ApiError(401, error.message, remedy, error.body);
}
