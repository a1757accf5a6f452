// pages/mailbox.tsx: one mailbox: app passwords, role, what it sent, aliases, grants.
import { useState } from "preact/hooks";
import { get, post } from "../lib/api";
import { bytes, count } from "../lib/format";
import { link, navigate } from "../lib/router";
import type { Login, MailboxDetail } from "../types";
import { Confirm, Secret } from "../ui/ask";
import { FormDialog } from "../ui/dialog";
import { useResource, useWork } from "../ui/hooks";
import { PageHead } from "../ui/page";
import {
  Badge,
  Button,
  Card,
  Check,
  Empty,
  ErrorNote,
  Facts,
  Field,
  Link,
  Meter,
  Note,
  Skeleton,
  When,
} from "../ui/parts";
import { Table } from "../ui/table";
import { say } from "../ui/toast";

type Question = "app" | "password" | "edit" | "factor" | "remove" | { revoke: string };

export function MailboxPage({ address }: { address: string }) {
  const found = useResource((ask) => get<MailboxDetail>("users/show", { address }, ask), [address]);
  const [question, setQuestion] = useState<Question | undefined>();
  const { data } = found;
  return (
    <>
      <PageHead
        title={address}
        back={{ href: link("mailboxes"), text: "Mailboxes" }}
        text={
          data && (
            <span class="status-line">
              {data.administrator && <Badge tone="info">administrator</Badge>}
              {data.full_name && <span>{data.full_name}</span>}
              <span>
                made <When time={data.created} />
              </span>
            </span>
          )
        }
      >
        {data && (
          <>
            <Button onClick={() => setQuestion("edit")}>Change</Button>
            <Button onClick={() => setQuestion("password")}>New password</Button>
            <Button look="danger" onClick={() => setQuestion("remove")}>
              Remove
            </Button>
          </>
        )}
      </PageHead>
      <ErrorNote error={found.error} retry={found.reload} />
      {!data && !found.error && <Skeleton lines={6} />}
      {data && (
        <div class="columns">
          <AppPasswords mailbox={data} ask={setQuestion} />
          <div class="column">
            <Sending mailbox={data} />
            <Details mailbox={data} ask={setQuestion} />
          </div>
        </div>
      )}
      {data && question && (
        <Questions
          question={question}
          mailbox={data}
          close={() => setQuestion(undefined)}
          reload={found.reload}
        />
      )}
    </>
  );
}

function AppPasswords({
  mailbox,
  ask,
}: {
  mailbox: MailboxDetail;
  ask: (question: Question) => void;
}) {
  const logins = mailbox.logins.filter((one) => one.name);
  const own = mailbox.logins.find((one) => !one.name);
  return (
    <Card
      title="App passwords"
      flush
      tools={
        <Button small icon="plus" onClick={() => ask("app")}>
          Add
        </Button>
      }
    >
      {logins.length === 0 && (
        <Empty icon="tokens" title="No app password yet">
          <p>
            One for each device or program. It logs in as <code>{mailbox.address}/phone</code>, can
            be revoked alone, and cannot log in here.
          </p>
        </Empty>
      )}
      {logins.length > 0 && (
        <Table<Login>
          label="App passwords"
          rows={logins}
          rowKey={(row) => row.login}
          columns={[
            { title: "Device", main: true, cell: (row) => <strong>{row.name}</strong> },
            {
              title: "Good for",
              cell: (row) =>
                [row.send && "sending", row.read && "reading"].filter(Boolean).join(", "),
            },
            {
              title: "Last use",
              cell: (row) => (
                <span>
                  <When time={row.last_use} />
                  {row.last_address && <span class="faint"> from {row.last_address}</span>}
                </span>
              ),
            },
            {
              title: "Ends",
              cell: (row) =>
                row.expired ? (
                  <Badge tone="bad">ended</Badge>
                ) : row.expires ? (
                  <When time={row.expires} />
                ) : (
                  <span class="faint">never</span>
                ),
            },
            {
              title: "Actions",
              unseenTitle: true,
              cell: (row) => (
                <Button
                  small
                  look="danger"
                  aria-label={`Revoke ${row.name}`}
                  onClick={() => ask({ revoke: row.name ?? "" })}
                >
                  Revoke
                </Button>
              ),
            },
          ]}
        />
      )}
      {own?.last_use && (
        <p class="pager hint">
          The mailbox's own password was used <When time={own.last_use} />
          {own.last_address && ` from ${own.last_address}`}.
        </p>
      )}
    </Card>
  );
}

function Sending({ mailbox }: { mailbox: MailboxDetail }) {
  const { sending } = mailbox;
  return (
    <Card title="Sent today">
      {sending.held_since && (
        <Note tone="warn">
          Its mail is held since <When time={sending.held_since} />: {sending.held_because}.{" "}
          <Link href={link("limits")}>Release it on the page of limits</Link>
        </Note>
      )}
      <Facts
        rows={[
          [
            "Messages",
            <Use
              key="messages"
              value={sending.messages_today}
              max={sending.messages_per_day_max}
              on={sending.limited}
            />,
          ],
          [
            "New recipients",
            <Use
              key="new"
              value={sending.new_recipients_today}
              max={sending.new_recipients_per_day_max}
              on={sending.limited}
            />,
          ],
        ]}
      />
    </Card>
  );
}

export function Use({ value, max, on }: { value: number; max: number; on: boolean }) {
  if (!on) return <span>{count(value)}, no limit</span>;
  const share = max > 0 ? value / max : 0;
  return (
    <span class="stacked">
      <Meter
        value={value}
        max={max}
        tone={share >= 1 ? "bad" : share >= 0.8 ? "warn" : "info"}
        label={`${count(value)} of ${count(max)}`}
      />
      <span>
        {count(value)} of {count(max)}
      </span>
    </span>
  );
}

function Details({ mailbox, ask }: { mailbox: MailboxDetail; ask: (question: Question) => void }) {
  return (
    <Card title="More">
      <Facts
        rows={[
          ["Quota", mailbox.quota_bytes ? bytes(mailbox.quota_bytes) : "none"],
          ["Aliases", <Lines key="aliases" of={mailbox.aliases.map((one) => one.address)} />],
          ["May send as", <Lines key="grants" of={mailbox.grants.map((one) => one.sender)} />],
          ...(mailbox.second_factor !== undefined
            ? ([
                [
                  "Second factor",
                  <span key="factor" class="status-line">
                    <Badge tone={mailbox.second_factor ? "ok" : "plain"}>
                      {mailbox.second_factor ? "on" : "off"}
                    </Badge>
                    {mailbox.second_factor && (
                      <Button small onClick={() => ask("factor")}>
                        Remove
                      </Button>
                    )}
                  </span>,
                ],
              ] as [string, preact.ComponentChildren][])
            : []),
          [
            "Mail",
            <Link key="mail" href={link("messages", "", { q: mailbox.address })}>
              Messages from and to it
            </Link>,
          ],
        ]}
      />
    </Card>
  );
}

function Lines({ of }: { of: string[] }) {
  if (of.length === 0) return <span class="faint">none</span>;
  return (
    <span class="stacked">
      {of.map((one) => (
        <span key={one}>{one}</span>
      ))}
    </span>
  );
}

function Questions(props: {
  question: Question;
  mailbox: MailboxDetail;
  close: () => void;
  reload: () => void;
}) {
  const { question, mailbox, close, reload } = props;
  const { address } = mailbox;
  if (question === "app")
    return <AddAppPassword address={address} onClose={close} onDone={reload} />;
  if (question === "password") return <NewPassword address={address} onClose={close} />;
  if (question === "edit") return <Edit mailbox={mailbox} onClose={close} onDone={reload} />;
  if (question === "factor") {
    return (
      <Confirm
        title={`Remove the second factor of ${address}`}
        action="Remove"
        danger
        work={async () => {
          await post("users/second-factor/remove", { address });
          say("The second factor is removed.");
        }}
        onDone={reload}
        onClose={close}
      >
        <p>For whoever lost the authenticator. From then on the password alone lets them in.</p>
      </Confirm>
    );
  }
  if (question === "remove") {
    return (
      <Confirm
        title={`Remove ${address}`}
        action="Remove"
        danger
        work={async () => {
          await post("users/remove", { address });
          say(`${address} is removed.`);
          navigate(link("mailboxes"));
        }}
        onClose={close}
      >
        <p>Mail for it is refused from then on. Its mail stays on the disk of the server.</p>
      </Confirm>
    );
  }
  return (
    <Confirm
      title={`Revoke ${question.revoke}`}
      action="Revoke"
      danger
      work={async () => {
        await post("app-passwords/revoke", { address, name: question.revoke });
        say(`${question.revoke} is good for nothing now.`);
      }}
      onDone={reload}
      onClose={close}
    >
      <p>The device that uses it can no longer send or read mail of {address}.</p>
    </Confirm>
  );
}

function AddAppPassword(props: { address: string; onClose: () => void; onDone: () => void }) {
  const { address } = props;
  const [name, setName] = useState("");
  const [send, setSend] = useState(true);
  const [read, setRead] = useState(true);
  const [expires, setExpires] = useState("");
  const [made, setMade] = useState("");
  const work = useWork();
  if (made) {
    return (
      <Secret title={`App password for ${name}`} secret={made} onClose={props.onClose}>
        <p>
          The device logs in as <code>{`${address}/${name.trim()}`}</code>.
        </p>
      </Secret>
    );
  }
  const submit = () =>
    work.run(async () => {
      const body = {
        address,
        name: name.trim(),
        send,
        read,
        ...(expires.trim() ? { expires: expires.trim() } : {}),
      };
      const told = await post<{ password: string }>("app-passwords/add", body);
      setMade(told.password);
      props.onDone();
    });
  return (
    <FormDialog
      title="Add an app password"
      action="Add"
      busy={work.busy}
      ready={send || read}
      error={work.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Field
        label="Device"
        required
        value={name}
        placeholder="phone"
        hint="Part of the log-in: letters, digits, hyphens."
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <Check label="Good for sending" checked={send} onChange={setSend} />
      <Check label="Good for reading" checked={read} onChange={setRead} />
      <Field
        label="Ends"
        value={expires}
        hint="90d, a day such as 2027-01-01, or empty: never."
        onInput={(event) => setExpires(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

function NewPassword({ address, onClose }: { address: string; onClose: () => void }) {
  const [made, setMade] = useState("");
  const work = useWork();
  if (made) return <Secret title={`Password of ${address}`} secret={made} onClose={onClose} />;
  return (
    <FormDialog
      title={`New password for ${address}`}
      action="Make it"
      busy={work.busy}
      error={work.error}
      onSubmit={() =>
        work.run(async () => {
          const told = await post<{ password: string }>("users/passwd", { address });
          setMade(told.password);
        })
      }
      onClose={onClose}
    >
      <p>
        A password is made and shown once. The old one is good for nothing from then on; app
        passwords stay as they are.
      </p>
    </FormDialog>
  );
}

const gib = 1024 ** 3;

function Edit(props: { mailbox: MailboxDetail; onClose: () => void; onDone: () => void }) {
  const { mailbox } = props;
  const [name, setName] = useState(mailbox.full_name ?? "");
  const [quota, setQuota] = useState(mailbox.quota_bytes ? String(mailbox.quota_bytes / gib) : "");
  const [administrator, setAdministrator] = useState(mailbox.administrator ?? false);
  const work = useWork();
  const submit = () =>
    work.run(async () => {
      await post("users/set", {
        address: mailbox.address,
        full_name: name.trim(),
        quota_bytes: Math.round(Number(quota || 0) * gib),
        ...(administrator === (mailbox.administrator ?? false) ? {} : { administrator }),
      });
      say(`${mailbox.address} is changed.`);
      props.onDone();
      props.onClose();
    });
  return (
    <FormDialog
      title={`Change ${mailbox.address}`}
      action="Change"
      busy={work.busy}
      error={work.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Field label="Name" value={name} onInput={(event) => setName(event.currentTarget.value)} />
      <Field
        label="Quota in GiB"
        type="number"
        min="0"
        step="any"
        value={quota}
        hint={`Empty: no limit.${mailbox.quota_bytes ? "" : " There is none now."}`}
        onInput={(event) => setQuota(event.currentTarget.value)}
      />
      <Check
        label="Administrator"
        hint="May log in to this interface and do everything in it."
        checked={administrator}
        onChange={setAdministrator}
      />
      {administrator !== (mailbox.administrator ?? false) && !administrator && (
        <p class="hint">It may no longer log in here; its sessions end at once.</p>
      )}
    </FormDialog>
  );
}
