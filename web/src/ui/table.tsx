// ui/table.tsx: rows of facts. On a narrow screen each row is a card with its headings inside; the
// roles keep it a table for screen readers then, too.
import type { ComponentChildren } from "preact";
import { navigate } from "../lib/router";

export interface Column<T> {
  title: string;
  cell: (row: T) => ComponentChildren;
  number?: boolean; // to the right, figures of one width
  main?: boolean; // names the row; first on a card
  tight?: boolean; // as narrow as it can be
  unseenTitle?: boolean; // buttons need no heading for the eye
}

export function Table<T>(props: {
  label: string;
  rows: T[];
  columns: Column<T>[];
  rowKey: (row: T) => string | number;
  href?: (row: T) => string; // a click anywhere in the row follows it; its first cell is the link
  busy?: boolean;
}) {
  const follow = (event: MouseEvent, row: T) => {
    const target = event.target as HTMLElement;
    if (!props.href || target.closest("a,button,input,select,label")) return;
    if (String(getSelection() ?? "")) return; // somebody selects text
    navigate(props.href(row));
  };
  return (
    <div
      class={`table-frame ${props.busy ? "busy" : ""}`}
      aria-busy={props.busy ? "true" : "false"}
    >
      <table role="table" aria-label={props.label}>
        <thead role="rowgroup">
          <tr role="row">
            {props.columns.map((column) => (
              <th key={column.title} role="columnheader" scope="col" class={classOf(column)}>
                <span class={column.unseenTitle ? "unseen" : undefined}>{column.title}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {props.rows.map((row) => (
            <tr
              key={props.rowKey(row)}
              role="row"
              class={props.href ? "follows" : undefined}
              onClick={(event) => follow(event, row)}
            >
              {props.columns.map((column) => (
                <td
                  key={column.title}
                  role="cell"
                  class={classOf(column)}
                  data-title={column.unseenTitle ? undefined : column.title}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function classOf<T>(column: Column<T>): string | undefined {
  const names = [
    column.number && "number",
    column.main && "main-cell",
    column.tight && "tight",
    column.unseenTitle && "actions",
  ].filter(Boolean);
  return names.length ? names.join(" ") : undefined;
}
