// ui/icons.tsx: the few pictures of the interface, on a grid of 20, drawn with the text's colour.

const paths = {
  overview: "M3 11h6V3H3zM11 17h6V9h-6zM3 17h6v-3.5H3zM11 6.5h6V3h-6z",
  messages: "M3 5h14v10H3zM3.5 5.5 10 10.5l6.5-5",
  queue: "M4 5h12M4 10h12M4 15h7",
  log: "M4 4h12v12H4zM7 8l2 2-2 2M11 12h2.5",
  mailboxes: "M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 17c.5-3 2.8-5 6-5s5.5 2 6 5",
  limits: "M4 14a7 7 0 1 1 12 0M10 12l3-4",
  domains: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM3 10h14M10 3c-4 4-4 10 0 14 4-4 4-10 0-14z",
  reports: "M4 16V9M8 16V4M12 16v-5M16 16V7",
  doctor: "M3 10h3.5l2-5 3 10 2-5H17",
  settings: "M4 6h7M15 6h1M4 14h1M9 14h7M13 4v4M7 12v4",
  tokens: "M7.5 13a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM11 9.5h6M15 9.5v3",
  account: "M10 3l6 2.5V10c0 3.5-2.5 6-6 7-3.5-1-6-3.5-6-7V5.5zM7.5 10l2 2 3.5-4",
  menu: "M3 6h14M3 10h14M3 14h14",
  close: "M5 5l10 10M15 5 5 15",
  search: "M9 14A5 5 0 1 0 9 4a5 5 0 0 0 0 10zM13 13l4 4",
  copy: "M7 7h9v9H7zM13 7V4H4v9h3",
  check: "M4 10.5l4 4 8-9",
  warning: "M10 3.5 17.5 16h-15zM10 8.5v3.5M10 14v.1",
  error: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6.5V11M10 13.5v.1",
  info: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 9v4.5M10 6.5v.1",
  unknown:
    "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM8 8.2a2 2 0 1 1 2.8 1.9c-.6.3-.8.7-.8 1.4M10 13.8v.1",
  right: "M8 5l5 5-5 5",
  left: "M12 5l-5 5 5 5",
  reload: "M16 10a6 6 0 1 1-1.8-4.3M16 3v3.5h-3.5",
  sun: "M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM10 2v2M10 16v2M2 10h2M16 10h2M4.5 4.5l1.2 1.2M14.3 14.3l1.2 1.2M15.5 4.5l-1.2 1.2M5.7 14.3l-1.2 1.2",
  moon: "M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5z",
  screen: "M3 4h14v9H3zM7 17h6M10 13v4",
  plus: "M10 4v12M4 10h12",
  pause: "M7 5v10M13 5v10",
  play: "M6 4.5v11l9-5.5z",
  logout: "M8 4H4v12h4M8 10h9M14 7l3 3-3 3",
  external: "M8 5H5v10h10v-3M11 4h5v5M16 4l-7 7",
  help: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM8 8.2a2 2 0 1 1 2.8 1.9c-.6.3-.8.7-.8 1.4M10 13.8v.1",
} as const;

export type IconName = keyof typeof paths;

// Always beside words, or in a button that has a label: hidden from screen readers.
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#2b4fd0" />
      <path
        d="M8.5 9.5 15 16l-6.5 6.5M17 9.5l6.5 6.5-6.5 6.5"
        fill="none"
        stroke="#fff"
        stroke-width="3.2"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
