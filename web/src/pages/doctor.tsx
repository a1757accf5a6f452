// pages/doctor.tsx: everything that must be well for mail to flow: what was found, why it matters,
// how to mend it.
import { useEffect, useState } from "preact/hooks";
import type { PageProps } from "../app";
import { get } from "../lib/api";
import { plural } from "../lib/format";
import { link, navigate } from "../lib/router";
import type { DoctorSeverity, Examination, Finding } from "../types";
import { useResource } from "../ui/hooks";
import { PageHead } from "../ui/page";
import { Findings, severityWord } from "../ui/findings";
import {
  Button,
  Card,
  Choice,
  Empty,
  ErrorNote,
  Note,
  SearchBox,
  Skeleton,
  When,
} from "../ui/parts";

type Which = "trouble" | "all";

export function DoctorPage({ place }: PageProps) {
  const { domain = "" } = place.query;
  const [which, setWhich] = useState<Which>(location.hash ? "all" : "trouble");
  const [text, setText] = useState("");
  const found = useResource((ask) => get<Examination>("doctor", { domain }, ask), [domain]);
  const { data } = found;
  // "#spf" leads to that finding, from the overview.
  useEffect(() => {
    const wanted = location.hash.slice(1);
    if (!data || !wanted) return;
    document.getElementById(wanted)?.scrollIntoView({ block: "center" });
  }, [data]);
  const wanted = text.trim().toLowerCase();
  const rows = (data?.findings ?? []).filter((one) => fits(one, which, wanted));
  return (
    <>
      <PageHead
        title={domain ? `Doctor: ${domain}` : "Doctor"}
        text={
          data ? (
            <>
              {plural(data.findings.length, "finding")}, looked at <When time={data.time} />.
            </>
          ) : (
            "Looking at DNS, ports, certificate, disk and block lists. This takes some seconds."
          )
        }
      >
        {domain && <Button onClick={() => navigate(link("doctor"))}>All domains</Button>}
        <Button icon="reload" busy={found.loading} onClick={found.reload}>
          Look again
        </Button>
      </PageHead>
      <ErrorNote error={found.error} retry={found.reload} />
      {!data && !found.error && <Skeleton lines={8} />}
      {data && <Summary examination={data} />}
      {data && <Changes examination={data} />}
      {data && (
        <div class="filters">
          <SearchBox label="Filter findings" value={text} onInput={setText} />
          <Choice<Which>
            label="Which"
            value={which}
            options={[
              ["trouble", "To look at"],
              ["all", "All"],
            ]}
            onChange={setWhich}
          />
        </div>
      )}
      {data && rows.length > 0 && <Findings findings={rows} />}
      {data && rows.length === 0 && (
        <Card>
          <Empty icon="check" title={wanted ? "No finding is like that" : "Everything is well"}>
            <p>
              {wanted
                ? "Choose All to filter what is well, too."
                : "Every check passed. The doctor looks again every hour by itself."}
            </p>
          </Empty>
        </Card>
      )}
    </>
  );
}

function fits(finding: Finding, which: Which, wanted: string): boolean {
  const open = finding.severity !== "ok" && finding.severity !== "note";
  if (which === "trouble" && !open) return false;
  const text = `${finding.id} ${finding.about} ${finding.title} ${finding.what}`;
  return !wanted || text.toLowerCase().includes(wanted);
}

const order: DoctorSeverity[] = ["mend", "warning", "unknown", "note", "ok"];

function Summary({ examination }: { examination: Examination }) {
  const { counts } = examination;
  if (!counts) return null;
  return (
    <section class="tiles small" aria-label="Findings by weight">
      {order.map((severity) => (
        <div key={severity} class={`tile ${counts[severity] ? severityWord[severity].tone : ""}`}>
          <span class="tile-name">{severityWord[severity].title}</span>
          <span class="tile-value">{counts[severity]}</span>
          <span class="tile-text">{severityWord[severity].text}</span>
        </div>
      ))}
    </section>
  );
}

function Changes({ examination }: { examination: Examination }) {
  const { changes = [], compared_with } = examination;
  if (!compared_with || changes.length === 0) return null;
  return (
    <Note tone="info">
      <strong>
        Since <When time={compared_with} />
      </strong>
      <ul class="plain-list">
        {changes.map((change, i) => (
          <li key={i}>
            {change.kind}: {change.what || change.id}
            {change.about && ` (${change.about})`}
          </li>
        ))}
      </ul>
    </Note>
  );
}
