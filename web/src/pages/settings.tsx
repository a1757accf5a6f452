// pages/settings.tsx: every setting and its value, to be read; they are changed in stagepost.toml.
import { useState } from "preact/hooks";
import type { PageProps } from "../app";
import { get } from "../lib/api";
import { plural } from "../lib/format";
import type { Setting } from "../types";
import { useResource } from "../ui/hooks";
import { PageHead } from "../ui/page";
import {
  Badge,
  Card,
  Choice,
  CopyButton,
  Empty,
  ErrorNote,
  SearchBox,
  Skeleton,
} from "../ui/parts";

export function SettingsPage(_: PageProps) {
  const [text, setText] = useState("");
  const [which, setWhich] = useState<"all" | "changed">("all");
  const found = useResource(
    (ask) => get<{ file?: string; settings: Setting[] }>("settings", {}, ask),
    [],
  );
  const all = found.data?.settings ?? [];
  const wanted = text.trim().toLowerCase();
  const rows = all.filter(
    (one) =>
      (which === "all" || one.changed || one.after_restart != null) &&
      (!wanted || `${one.name} ${one.text}`.toLowerCase().includes(wanted)),
  );
  const tables = [...new Set(rows.map((one) => one.section))];
  const changed = all.filter((one) => one.changed).length;
  return (
    <>
      <PageHead
        title="Settings"
        text={
          <>
            Read here, changed in <code>{found.data?.file ?? "stagepost.toml"}</code>; then{" "}
            <code>stagepost reload</code>, which says what needs a restart.
            {found.data &&
              ` ${plural(changed, "setting")} of ${all.length} differ from the default.`}
          </>
        }
      />
      <div class="filters">
        <SearchBox
          label="Search settings"
          placeholder="A name, or what it does"
          value={text}
          onInput={setText}
        />
        <Choice
          label="Which"
          value={which}
          options={[
            ["all", "All"],
            ["changed", "Changed"],
          ]}
          onChange={setWhich}
        />
      </div>
      <ErrorNote error={found.error} retry={found.reload} />
      {!found.data && !found.error && <Skeleton lines={10} />}
      {found.data && rows.length === 0 && (
        <Card>
          <Empty
            icon="settings"
            title={wanted ? "No setting is like that" : "All settings have their defaults"}
          >
            <p>The defaults are meant to be right for most servers.</p>
          </Empty>
        </Card>
      )}
      {tables.map((table) => (
        <Card
          key={table}
          title={table ? <code>{header(table)}</code> : "Before the first table"}
          flush
        >
          <ul class="settings">
            {rows
              .filter((one) => one.section === table)
              .map((one) => (
                <Row key={one.name} setting={one} />
              ))}
          </ul>
        </Card>
      ))}
    </>
  );
}

// "listener[2]" is the second of the tables [[listener]].
function header(section: string): string {
  const found = /^(.+)\[(\d+)\]$/.exec(section);
  return found ? `[[${found[1]}]] ${found[2]}` : `[${section}]`;
}

function Row({ setting }: { setting: Setting }) {
  const key = setting.name.slice(setting.name.lastIndexOf(".") + 1);
  const { value } = setting;
  return (
    <li>
      <div class="setting-words">
        <p class="setting-name">
          <code>{key}</code>
          {setting.changed && <Badge tone="info">changed</Badge>}
          {setting.after_restart != null && <Badge tone="warn">restart needed</Badge>}
        </p>
        <p class="hint">{setting.text}</p>
      </div>
      <div class="setting-value">
        {value === null ? (
          <span class="faint">{setting.secret ? "set, not shown" : "not set"}</span>
        ) : (
          <code>{value}</code>
        )}
        {setting.after_restart != null && (
          <p class="hint">after a restart: {setting.after_restart}</p>
        )}
        {setting.changed && setting.default !== null && (
          <p class="hint">default: {setting.default}</p>
        )}
      </div>
      {value !== null && <CopyButton text={`${key} = ${value}`} label={`Copy ${setting.name}`} />}
    </li>
  );
}
