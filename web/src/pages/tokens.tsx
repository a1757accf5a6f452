// pages/tokens.tsx: tokens for programs: made (shown once), listed, revoked.
import { useState } from "preact/hooks";
import type { PageProps } from "../app";
import { get, post } from "../lib/api";
import type { Token } from "../types";
import { Confirm, Secret } from "../ui/ask";
import { FormDialog } from "../ui/dialog";
import { useResource, useWork } from "../ui/hooks";
import { PageHead } from "../ui/page";
import { Badge, Button, Card, Empty, ErrorNote, Field, Select, Skeleton, When } from "../ui/parts";
import { Table } from "../ui/table";
import { say } from "../ui/toast";

type Scope = "read" | "operate" | "admin";
const scopes: [Scope, string][] = [
  ["read", "read: look at everything"],
  ["operate", "operate: and act on queue, bans, limits, reports"],
  ["admin", "admin: everything, sending mail included"],
];

export function TokensPage(_: PageProps) {
  const found = useResource((ask) => get<{ tokens: Token[] }>("tokens", {}, ask), []);
  const [adding, setAdding] = useState(false);
  const [revoking, setRevoking] = useState<string | undefined>();
  const rows = found.data?.tokens ?? [];
  return (
    <>
      <PageHead
        title="API tokens"
        text="Each lets one program use the HTTP API, as far as its scope allows."
      >
        <Button look="main" icon="plus" onClick={() => setAdding(true)}>
          Make a token
        </Button>
      </PageHead>
      <ErrorNote error={found.error} retry={found.reload} />
      {!found.data && !found.error && <Skeleton />}
      {found.data && rows.length === 0 && (
        <Card>
          <Empty icon="tokens" title="No tokens yet">
            <p>
              Give each program its own, with the smallest scope that serves: monitoring needs read,
              a shop that sends mail needs admin.
            </p>
          </Empty>
        </Card>
      )}
      {rows.length > 0 && (
        <Card flush>
          <Table
            label="Tokens"
            rows={rows}
            rowKey={(row) => row.name}
            columns={[
              { title: "Name", main: true, cell: (row) => <strong>{row.name}</strong> },
              { title: "Scope", tight: true, cell: (row) => row.scope },
              {
                title: "State",
                tight: true,
                cell: (row) => (
                  <Badge tone={row.good ? "ok" : "bad"}>{row.good ? "good" : "ended"}</Badge>
                ),
              },
              { title: "Made", number: true, cell: (row) => <When time={row.created} /> },
              { title: "Last used", number: true, cell: (row) => <When time={row.last_used} /> },
              {
                title: "Ends",
                number: true,
                cell: (row) =>
                  row.expires ? <When time={row.expires} /> : <span class="faint">never</span>,
              },
              {
                title: "Actions",
                unseenTitle: true,
                cell: (row) => (
                  <Button
                    small
                    look="danger"
                    aria-label={`Revoke ${row.name}`}
                    onClick={() => setRevoking(row.name)}
                  >
                    Revoke
                  </Button>
                ),
              },
            ]}
          />
        </Card>
      )}
      {adding && <AddToken onClose={() => setAdding(false)} onDone={found.reload} />}
      {revoking && (
        <Confirm
          title={`Revoke ${revoking}`}
          action="Revoke"
          danger
          work={async () => {
            await post("tokens/revoke", { name: revoking });
            say(`${revoking} is good for nothing now.`);
          }}
          onDone={found.reload}
          onClose={() => setRevoking(undefined)}
        >
          <p>A program that still uses it is refused from now on.</p>
        </Confirm>
      )}
    </>
  );
}

function AddToken(props: { onClose: () => void; onDone: () => void }) {
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Scope>("read");
  const [expires, setExpires] = useState("365d");
  const [secret, setSecret] = useState("");
  const work = useWork();
  if (secret) {
    return (
      <Secret title={`Token for ${name}`} secret={secret} onClose={props.onClose}>
        <p>
          The server keeps only a hash of it. A program sends it as{" "}
          <code>Authorization: Bearer …</code>
        </p>
      </Secret>
    );
  }
  const submit = () =>
    work.run(async () => {
      const body = {
        name: name.trim(),
        scope,
        ...(expires.trim() ? { expires: expires.trim() } : {}),
      };
      const made = await post<{ token: string }>("tokens/add", body);
      setSecret(made.token);
      props.onDone();
    });
  return (
    <FormDialog
      title="Make a token"
      action="Make"
      busy={work.busy}
      error={work.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Field
        label="Name"
        required
        value={name}
        hint="Of the program, such as monitoring."
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <Select label="Scope" value={scope} options={scopes} onChange={setScope} />
      <Field
        label="Ends"
        value={expires}
        hint="90d, a day such as 2027-01-01, or empty: never."
        onInput={(event) => setExpires(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
