// ui/chart.tsx: counts over time as stacked bars. The same numbers are a table below, and the bar
// under the pointer or the arrow keys is told in words.
import { useEffect, useRef, useState } from "preact/hooks";
import { count, shortCount } from "../lib/format";
import { axis, labelEvery, linear, stack } from "../lib/scale";

export interface Series {
  name: string;
  colour: "green" | "amber" | "red" | "blue" | "violet" | "grey";
  values: number[];
}

const height = 168;
const margin = { top: 8, right: 4, bottom: 22, left: 40 };

function useWidth(): [(element: HTMLElement | null) => void, number] {
  const [width, setWidth] = useState(600);
  const watch = useRef<ResizeObserver | undefined>();
  const ref = useRef((element: HTMLElement | null) => {
    watch.current?.disconnect();
    if (!element) return;
    watch.current = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.max(200, Math.floor(entry.contentRect.width)));
    });
    watch.current.observe(element);
  });
  return [ref.current, width];
}

export function Bars(props: {
  title: string;
  series: Series[];
  labels: string[]; // of the axis, one for each step
  longLabels?: string[]; // of one step, told alone
}) {
  const [ref, width] = useWidth();
  const [at, setAt] = useState<number | undefined>();
  const steps = props.labels.length;
  const longLabels = props.longLabels ?? props.labels;
  useEffect(() => setAt(undefined), [steps]);
  const move = (by: number) =>
    setAt((last) => Math.min(steps - 1, Math.max(0, (last ?? (by > 0 ? -1 : steps)) + by)));
  const press = (event: KeyboardEvent) => {
    if (event.key === "ArrowRight") move(1);
    else if (event.key === "ArrowLeft") move(-1);
    else if (event.key === "Escape") setAt(undefined);
    else return;
    event.preventDefault();
  };
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{props.title}</span>
        <Legend
          series={props.series}
          at={at}
          label={at === undefined ? undefined : longLabels[at]}
        />
      </figcaption>
      <div
        ref={ref}
        class="plot"
        tabIndex={0}
        role="group"
        aria-label={`${props.title}: arrow keys tell each step`}
        onKeyDown={press}
        onBlur={() => setAt(undefined)}
        onPointerLeave={() => setAt(undefined)}
      >
        <Plot {...props} width={width} at={at} onAt={setAt} />
      </div>
      <p class="unseen" aria-live="polite">
        {at === undefined ? "" : told(props.series, longLabels[at] ?? "", at)}
      </p>
      <ChartTable title={props.title} series={props.series} labels={longLabels} />
    </figure>
  );
}

function told(series: Series[], label: string, at: number): string {
  return `${label}: ${series.map((one) => `${one.name} ${count(one.values[at] ?? 0)}`).join(", ")}`;
}

function Legend(props: { series: Series[]; at: number | undefined; label: string | undefined }) {
  const sum = (values: number[]) => values.reduce((all, one) => all + one, 0);
  return (
    <span class="legend">
      {props.series.map((one) => (
        <span key={one.name} class="legend-one">
          <span class={`key ${one.colour}`} />
          {one.name}
          <b>{count(props.at === undefined ? sum(one.values) : (one.values[props.at] ?? 0))}</b>
        </span>
      ))}
      <span class="legend-at">{props.label ?? "in all"}</span>
    </span>
  );
}

function Plot(props: {
  title: string;
  series: Series[];
  labels: string[];
  width: number;
  at: number | undefined;
  onAt: (at: number) => void;
}) {
  const { series, labels, width } = props;
  const steps = Math.max(1, labels.length);
  const totals = labels.map((_, i) => series.reduce((all, one) => all + (one.values[i] ?? 0), 0));
  const scale = axis(Math.max(0, ...totals));
  const x = linear([0, steps], [margin.left, width - margin.right]);
  const y = linear([0, scale.max], [height - margin.bottom, margin.top]);
  const slot = x(1) - x(0);
  const bar = Math.max(1, slot - Math.min(3, slot * 0.25));
  const every = labelEvery(steps, Math.floor((width - margin.left) / 64));
  return (
    <svg
      width={width}
      height={height}
      role="img"
      aria-label={`${props.title}: ${series
        .map((one) => `${one.name} ${count(one.values.reduce((all, value) => all + value, 0))}`)
        .join(", ")} in all`}
    >
      {scale.ticks.map((tick) => (
        <g key={tick}>
          <line class="grid" x1={margin.left} x2={width - margin.right} y1={y(tick)} y2={y(tick)} />
          <text class="tick" x={margin.left - 8} y={y(tick) + 3.5} text-anchor="end">
            {shortCount(tick)}
          </text>
        </g>
      ))}
      {labels.map((label, i) => (
        <g key={i}>
          {props.at === i && (
            <rect
              class="here"
              x={x(i)}
              y={margin.top}
              width={slot}
              height={height - margin.bottom - margin.top}
            />
          )}
          {stack(series.map((one) => one.values[i] ?? 0)).map((layer, s) => {
            const one = series[s];
            if (!one || layer.to === layer.from) return null;
            const top = y(layer.to);
            const size = Math.max(1, y(layer.from) - top);
            return (
              <rect
                key={one.name}
                class={`fill ${one.colour}`}
                x={x(i)}
                y={top}
                width={bar}
                height={size}
                rx={Math.min(1.5, bar / 4)}
              />
            );
          })}
          {i % every === 0 && (
            <text class="tick" x={x(i)} y={height - 6}>
              {label}
            </text>
          )}
          <rect
            class="touch"
            x={x(i)}
            y="0"
            width={slot}
            height={height}
            onPointerMove={() => props.onAt(i)}
            onPointerDown={() => props.onAt(i)}
          />
        </g>
      ))}
    </svg>
  );
}

function ChartTable(props: { title: string; series: Series[]; labels: string[] }) {
  return (
    <details class="as-table">
      <summary>Show as a table</summary>
      <div class="table-scroll" tabIndex={0} role="group" aria-label={`${props.title}, as a table`}>
        <table>
          <caption class="unseen">{props.title}</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              {props.series.map((one) => (
                <th key={one.name} scope="col" class="number">
                  {one.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {props.labels.map((label, i) => (
              <tr key={i}>
                <th scope="row">{label}</th>
                {props.series.map((one) => (
                  <td key={one.name} class="number">
                    {count(one.values[i] ?? 0)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
