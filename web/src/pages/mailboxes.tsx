// pages/mailboxes.tsx: mailboxes and aliases; one mailbox: mailbox.tsx.
import { useState } from "preact/hooks";
import type { PageProps } from "../app";
import { get, post } from "../lib/api";
import { bytes, count, plural } from "../lib/format";
import { link, navigate } from "../lib/router";
import type { Alias, Mailbox } from "../types";
import { Confirm, Secret } from "../ui/ask";
import { FormDialog } from "../ui/dialog";
import { useResource, useSettled, useWork } from "../ui/hooks";
import { PageHead, Tabs } from "../ui/page";
import {
  Badge,
  Button,
  Card,
  Check,
  Empty,
  ErrorNote,
  Field,
  Link,
  SearchBox,
  Skeleton,
  When,
} from "../ui/parts";
import { Table } from "../ui/table";
import { say } from "../ui/toast";
import { MailboxPage } from "./mailbox";

export function MailboxesPage({ place }: PageProps) {
  if (place.rest) return <MailboxPage key={place.rest} address={place.rest} />;
  const tab = place.query.tab ?? "mailboxes";
  const tabs = (
    <Tabs
      label="Parts of this page"
      page="mailboxes"
      now={tab}
      tabs={[
        ["mailboxes", "Mailboxes"],
        ["aliases", "Aliases"],
      ]}
    />
  );
  return tab === "aliases" ? (
    <Aliases tabs={tabs} />
  ) : (
    <Mailboxes tabs={tabs} q={place.query.q ?? ""} />
  );
}

const pageSize = 100; // rows asked for at first, and how many more by each "Show more"
const rowsMax = 1000; // the server gives no more at once; who looks for one of more than that filters

function Shown(props: { total: number; shown: number; onMore: () => void }) {
  if (props.total <= props.shown) return null;
  return (
    <div class="pager">
      <p class="hint">
        {count(props.shown)} of {count(props.total)}
      </p>
      {props.shown < rowsMax ? (
        <Button small onClick={props.onMore}>
          Show more
        </Button>
      ) : (
        <p class="hint">Filter to see others.</p>
      )}
    </div>
  );
}

function Mailboxes({ tabs, q }: { tabs: preact.ComponentChildren; q: string }) {
  const [text, setText] = useState(q);
  const [shown, setShown] = useState(pageSize);
  const [adding, setAdding] = useState(false);
  const wanted = useSettled(text.trim());
  const found = useResource(
    (ask) => get<{ users: Mailbox[]; total: number }>("users", { limit: shown, q: wanted }, ask),
    [shown, wanted],
  );
  const rows = found.data?.users ?? [];
  return (
    <>
      <PageHead
        title="Mailboxes"
        text={found.data && plural(found.data.total, "mailbox", "mailboxes")}
      >
        <Button look="main" icon="plus" onClick={() => setAdding(true)}>
          Add a mailbox
        </Button>
      </PageHead>
      {tabs}
      <div class="filters">
        <SearchBox
          label="Filter mailboxes"
          placeholder="Address or name"
          value={text}
          onInput={setText}
        />
      </div>
      <ErrorNote error={found.error} retry={found.reload} />
      {!found.data && !found.error && <Skeleton lines={6} />}
      {found.data && rows.length === 0 && (
        <Card>
          <Empty icon="mailboxes" title={wanted ? "No mailbox is like that" : "No mailbox yet"}>
            <p>
              A mailbox has one password, and an app password for each device: lose a phone, revoke
              only its own.
            </p>
          </Empty>
        </Card>
      )}
      {rows.length > 0 && (
        <Card flush>
          <Table
            label="Mailboxes"
            rows={rows}
            busy={found.loading}
            rowKey={(row) => row.address}
            href={(row) => link("mailboxes", row.address)}
            columns={[
              {
                title: "Address",
                main: true,
                cell: (row) => (
                  <span class="two-lines">
                    <Link href={link("mailboxes", row.address)}>{row.address}</Link>
                    {row.full_name && <span class="second">{row.full_name}</span>}
                  </span>
                ),
              },
              {
                title: "Role",
                tight: true,
                cell: (row) =>
                  row.administrator ? (
                    <Badge tone="info">administrator</Badge>
                  ) : (
                    <span class="faint">–</span>
                  ),
              },
              {
                title: "App passwords",
                number: true,
                cell: (row) => count(Math.max(0, row.logins.length - 1)),
              },
              {
                title: "Quota",
                number: true,
                cell: (row) =>
                  row.quota_bytes ? bytes(row.quota_bytes) : <span class="faint">none</span>,
              },
              {
                title: "Made",
                number: true,
                tight: true,
                cell: (row) => <When time={row.created} />,
              },
            ]}
          />
          <Shown
            total={found.data?.total ?? 0}
            shown={rows.length}
            onMore={() => setShown(shown + pageSize)}
          />
        </Card>
      )}
      {adding && <AddMailbox onClose={() => setAdding(false)} onDone={found.reload} />}
    </>
  );
}

function AddMailbox(props: { onClose: () => void; onDone: () => void }) {
  const [address, setAddress] = useState("");
  const [name, setName] = useState("");
  const [administrator, setAdministrator] = useState(false);
  const [password, setPassword] = useState("");
  const work = useWork();
  const key = address.trim();
  if (password) {
    const close = () => {
      props.onClose();
      navigate(link("mailboxes", key));
    };
    return <Secret title={`Password of ${key}`} secret={password} onClose={close} />;
  }
  const submit = () =>
    work.run(async () => {
      const body = {
        address: key,
        ...(name.trim() ? { full_name: name.trim() } : {}),
        ...(administrator ? { administrator } : {}),
      };
      const made = await post<{ password: string }>("users/add", body);
      setPassword(made.password);
      props.onDone();
    });
  return (
    <FormDialog
      title="Add a mailbox"
      action="Add"
      busy={work.busy}
      error={work.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Field
        label="Address"
        type="email"
        required
        value={address}
        placeholder="an@example.org"
        onInput={(event) => setAddress(event.currentTarget.value)}
      />
      <Field
        label="Name"
        value={name}
        hint="The person's, as colleagues know it."
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <Check
        label="Administrator"
        hint="May log in to this interface and do everything in it."
        checked={administrator}
        onChange={setAdministrator}
      />
      <p class="hint">A password is made and shown once.</p>
    </FormDialog>
  );
}

function Aliases({ tabs }: { tabs: preact.ComponentChildren }) {
  const [text, setText] = useState("");
  const [shown, setShown] = useState(pageSize);
  const [editing, setEditing] = useState<Alias | "new" | undefined>();
  const [removing, setRemoving] = useState<string | undefined>();
  const wanted = useSettled(text.trim());
  const found = useResource(
    (ask) => get<{ aliases: Alias[]; total: number }>("aliases", { limit: shown, q: wanted }, ask),
    [shown, wanted],
  );
  const rows = found.data?.aliases ?? [];
  return (
    <>
      <PageHead title="Mailboxes" text={found.data && plural(found.data.total, "alias", "aliases")}>
        <Button look="main" icon="plus" onClick={() => setEditing("new")}>
          Add an alias
        </Button>
      </PageHead>
      {tabs}
      <div class="filters">
        <SearchBox
          label="Filter aliases"
          placeholder="Address or target"
          value={text}
          onInput={setText}
        />
      </div>
      <ErrorNote error={found.error} retry={found.reload} />
      {!found.data && !found.error && <Skeleton lines={6} />}
      {found.data && rows.length === 0 && (
        <Card>
          <Empty icon="mailboxes" title={wanted ? "No alias is like that" : "No alias yet"}>
            <p>
              An alias is an address whose mail goes to one or more others: info@, sales@, a list of
              a few people.
            </p>
          </Empty>
        </Card>
      )}
      {rows.length > 0 && (
        <Card flush>
          <Table
            label="Aliases"
            rows={rows}
            busy={found.loading}
            rowKey={(row) => row.address}
            columns={[
              { title: "Alias", main: true, cell: (row) => <strong>{row.address}</strong> },
              {
                title: "Goes to",
                cell: (row) => <span class="reply">{row.targets.join(", ")}</span>,
              },
              {
                title: "Actions",
                unseenTitle: true,
                cell: (row) =>
                  row.file ? (
                    <span class="reply">{row.file}</span>
                  ) : (
                    <span class="row-tools">
                      <Button
                        small
                        aria-label={`Change ${row.address}`}
                        onClick={() => setEditing(row)}
                      >
                        Change
                      </Button>
                      <Button
                        small
                        look="danger"
                        aria-label={`Remove ${row.address}`}
                        onClick={() => setRemoving(row.address)}
                      >
                        Remove
                      </Button>
                    </span>
                  ),
              },
            ]}
          />
          <Shown
            total={found.data?.total ?? 0}
            shown={rows.length}
            onMore={() => setShown(shown + pageSize)}
          />
        </Card>
      )}
      {editing && (
        <EditAlias
          alias={editing === "new" ? undefined : editing}
          onClose={() => setEditing(undefined)}
          onDone={found.reload}
        />
      )}
      {removing && (
        <Confirm
          title={`Remove ${removing}`}
          action="Remove"
          danger
          work={async () => {
            await post("aliases/remove", { address: removing });
            say(`${removing} is removed.`);
          }}
          onDone={found.reload}
          onClose={() => setRemoving(undefined)}
        >
          <p>Mail for it is refused from then on, unless there is a mailbox of that name.</p>
        </Confirm>
      )}
    </>
  );
}

function EditAlias(props: { alias: Alias | undefined; onClose: () => void; onDone: () => void }) {
  const [address, setAddress] = useState(props.alias?.address ?? "");
  const [targets, setTargets] = useState(props.alias?.targets.join(", ") ?? "");
  const work = useWork();
  const submit = () =>
    work.run(async () => {
      const list = targets.split(/[\s,]+/).filter(Boolean);
      await post(props.alias ? "aliases/set" : "aliases/add", {
        address: address.trim(),
        targets: list,
      });
      say(`Mail for ${address.trim()} goes to ${plural(list.length, "address", "addresses")}.`);
      props.onDone();
      props.onClose();
    });
  return (
    <FormDialog
      title={props.alias ? `Change ${props.alias.address}` : "Add an alias"}
      action={props.alias ? "Change" : "Add"}
      busy={work.busy}
      error={work.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Field
        label="Alias"
        required
        disabled={Boolean(props.alias)}
        value={address}
        placeholder="info@example.org"
        onInput={(event) => setAddress(event.currentTarget.value)}
      />
      <Field
        label="Goes to"
        required
        value={targets}
        hint="One or more addresses, with commas between them."
        onInput={(event) => setTargets(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
