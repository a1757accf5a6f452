// pages/account.tsx: one's own account: second factor, recovery codes, password, log out.
import { useState } from "preact/hooks";
import type { PageProps } from "../app";
import { type Session, get, post } from "../lib/api";
import { dateTime, plural } from "../lib/format";
import { link } from "../lib/router";
import { signOut } from "../lib/session";
import { Dialog, FormDialog } from "../ui/dialog";
import { useResource, useWork } from "../ui/hooks";
import { PageHead } from "../ui/page";
import {
  Badge,
  Button,
  Card,
  CopyButton,
  ErrorNote,
  Facts,
  Field,
  Link,
  Note,
  Paste,
  Skeleton,
} from "../ui/parts";
import { QrCode } from "../ui/qr";
import { say } from "../ui/toast";

export function Account(_: PageProps) {
  const session = useResource((ask) => get<Session>("session", {}, ask), []);
  const { data } = session;
  return (
    <>
      <PageHead title="Your account" text="What protects the way into this interface.">
        <Button icon="logout" onClick={() => void signOut()}>
          Log out
        </Button>
      </PageHead>
      <ErrorNote error={session.error} retry={session.reload} />
      {!data && !session.error && <Skeleton />}
      {data && (
        <div class="columns even">
          <SecondFactor session={data} reload={session.reload} />
          <Card title="Session">
            <Facts
              rows={[
                ["Logged in as", data.address],
                ["Ends", `${dateTime(data.expires)} at the latest`],
                ...(data.idle_seconds
                  ? ([
                      [
                        "Without use",
                        `after ${plural(Math.round(data.idle_seconds / 60), "minute")}`,
                      ],
                    ] as [string, string][])
                  : []),
              ]}
            />
            <p class="hint">
              Password, app passwords and aliases are on the page of{" "}
              <Link href={link("mailboxes", data.address)}>your mailbox</Link>. A new password ends
              every session, this one included.
            </p>
          </Card>
        </div>
      )}
    </>
  );
}

interface Begun {
  secret: string;
  uri: string;
}

function SecondFactor({ session, reload }: { session: Session; reload: () => void }) {
  const [begun, setBegun] = useState<Begun | undefined>();
  const [codes, setCodes] = useState<string[] | undefined>();
  const [removing, setRemoving] = useState(false);
  const work = useWork();
  const left = session.recovery_codes_left;
  const begin = () =>
    work.run(async () => setBegun(await post<Begun>("session/second-factor/begin", {})));
  return (
    <Card
      title="Second factor"
      tools={
        <Badge tone={session.second_factor ? "ok" : "warn"}>
          {session.second_factor ? "on" : "off"}
        </Badge>
      }
    >
      <ErrorNote error={work.error} />
      {session.second_factor ? (
        <>
          <p>A code of your authenticator is asked for after the password.</p>
          {left !== undefined && left <= 3 && (
            <Note tone="warn">
              {left === 0
                ? "No recovery code is left."
                : `Only ${plural(left, "recovery code")} left.`}{" "}
              Remove the second factor and set it up again to get ten new ones.
            </Note>
          )}
          {left !== undefined && left > 3 && (
            <p class="hint">{plural(left, "recovery code")} left.</p>
          )}
          <div class="tools">
            <Button look="danger" onClick={() => setRemoving(true)}>
              Remove the second factor
            </Button>
          </div>
        </>
      ) : (
        <>
          <p>
            With a second factor, a stolen password is not enough to get in here. Any authenticator
            that makes time-based codes (TOTP) will do.
          </p>
          <div class="tools">
            <Button look="main" busy={work.busy} onClick={begin}>
              Set up a second factor
            </Button>
          </div>
        </>
      )}
      {begun && !codes && (
        <Enrol begun={begun} onCodes={setCodes} onClose={() => setBegun(undefined)} />
      )}
      {codes && (
        <RecoveryCodes
          codes={codes}
          onClose={() => {
            setCodes(undefined);
            setBegun(undefined);
            reload();
          }}
        />
      )}
      {removing && <RemoveFactor onClose={() => setRemoving(false)} onDone={reload} />}
    </Card>
  );
}

function Enrol(props: { begun: Begun; onCodes: (codes: string[]) => void; onClose: () => void }) {
  const [code, setCode] = useState("");
  const work = useWork();
  const submit = () =>
    work.run(async () => {
      const body = { code: code.replaceAll(" ", "") };
      const done = await post<{ recovery_codes: string[] }>("session/second-factor/confirm", body);
      props.onCodes(done.recovery_codes);
    });
  return (
    <FormDialog
      title="Set up a second factor"
      action="Confirm"
      busy={work.busy}
      error={work.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <ol class="steps">
        <li>
          <p>Scan this with your authenticator. It is drawn by this page and goes nowhere else.</p>
          <QrCode text={props.begun.uri} label="QR code of the second factor" />
          <details>
            <summary>Type it instead</summary>
            <Paste text={props.begun.secret} label="Secret" />
          </details>
        </li>
        <li>
          <Field
            label="The code it shows now"
            autocomplete="one-time-code"
            inputMode="numeric"
            required
            maxLength={7}
            value={code}
            onInput={(event) => setCode(event.currentTarget.value)}
          />
        </li>
      </ol>
    </FormDialog>
  );
}

function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  return (
    <Dialog title="Recovery codes" onClose={onClose}>
      <div class="dialog-body">
        <Note tone="warn">
          <strong>These are shown once.</strong> Each lets you in once if the authenticator is lost.
          Keep them where it is not.
        </Note>
        <ul class="codes">
          {codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ul>
        <CopyButton text={codes.join("\n")} label="Copy all recovery codes" />
      </div>
      <footer class="dialog-foot">
        <Button look="main" onClick={onClose}>
          I have them
        </Button>
      </footer>
    </Dialog>
  );
}

function RemoveFactor(props: { onClose: () => void; onDone: () => void }) {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const work = useWork();
  const submit = () =>
    work.run(async () => {
      const body = { password, code: code.trim() };
      await post("session/second-factor/remove", body, { quiet: true });
      say("The second factor is removed.");
      props.onDone();
      props.onClose();
    });
  return (
    <FormDialog
      title="Remove the second factor"
      action="Remove"
      danger
      busy={work.busy}
      error={work.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <p>From then on the password alone lets somebody in.</p>
      <Field
        label="Password"
        type="password"
        autocomplete="current-password"
        required
        value={password}
        onInput={(event) => setPassword(event.currentTarget.value)}
      />
      <Field
        label="Code"
        required
        hint="Of your authenticator, or a recovery code."
        value={code}
        onInput={(event) => setCode(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
