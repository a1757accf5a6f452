// pages/report.tsx: one report that came, whole.
import { useState } from "preact/hooks";
import { get, remove } from "../lib/api";
import { count, dateTime, percent } from "../lib/format";
import { link, navigate } from "../lib/router";
import type { Report } from "../types";
import { Confirm } from "../ui/ask";
import { useResource } from "../ui/hooks";
import { PageHead } from "../ui/page";
import { Badge, Button, Card, ErrorNote, Facts, Note, Paste, Skeleton } from "../ui/parts";
import { say } from "../ui/toast";

type Whole = Report & { detail: unknown; more: boolean };

const titles = { aggregate: "DMARC report", tls: "TLS report", failure: "Failure report" };

export function ReportPage({ number }: { number: string }) {
  const found = useResource(
    (ask) => get<Whole>(`reports/${encodeURIComponent(number)}`, {}, ask),
    [number],
  );
  const [removing, setRemoving] = useState(false);
  const { data } = found;
  const back = link("reports", "", { tab: data?.kind === "tls" ? "tls" : "" });
  return (
    <>
      <PageHead
        title={
          data ? `${titles[data.kind]} of ${data.organization || data.from}` : `Report ${number}`
        }
        back={{ href: back, text: "Reports" }}
        text={data && `${dateTime(data.begin)} – ${dateTime(data.end)}`}
      >
        {data && (
          <Button look="danger" onClick={() => setRemoving(true)}>
            Remove
          </Button>
        )}
      </PageHead>
      <ErrorNote error={found.error} retry={found.reload} />
      {!data && !found.error && <Skeleton lines={6} />}
      {data && (
        <>
          {data.remarks.map((remark) => (
            <Note key={remark} tone="warn">
              {remark}
            </Note>
          ))}
          <Card title="In short">
            <Facts
              rows={[
                ["About", data.domain],
                [
                  "Counted",
                  `${count(data.count)}, of which good ${percent(data.count ? data.good / data.count : 1)}`,
                ],
                ["Contact", data.contact || "none"],
                [
                  "Report",
                  <span key="id" class="mono">
                    {data.report_id}
                  </span>,
                ],
                ["Came from", data.from || data.file],
                [
                  "Its sender",
                  <span key="sender" class="status-line">
                    <Badge tone={data.proven ? "ok" : "plain"}>
                      {data.proven ? "proven" : "not proven"}
                    </Badge>
                    {data.authentication}
                  </span>,
                ],
              ]}
            />
          </Card>
          <Card title="Whole">
            {data.more && <Note>It is long: only the first 1,000 entries are shown.</Note>}
            <Paste text={JSON.stringify(data.detail, null, 2)} label="The report's content" />
          </Card>
        </>
      )}
      {removing && (
        <Confirm
          title="Remove this report"
          action="Remove"
          danger
          work={async () => {
            await remove(`reports/${encodeURIComponent(number)}`);
            say("The report is removed.");
            navigate(back);
          }}
          onClose={() => setRemoving(false)}
        >
          <p>What it says is no longer counted.</p>
        </Confirm>
      )}
    </>
  );
}
