// lib/theme.ts: light, dark, or as the system says; kept in this browser.

export type Theme = "system" | "light" | "dark";
const key = "stagepost-theme";

export function chosenTheme(): Theme {
  try {
    const kept = localStorage.getItem(key);
    if (kept === "light" || kept === "dark") return kept;
  } catch {
    // a browser that keeps nothing: as the system says
  }
  return "system";
}

export function applyTheme(): void {
  const theme = chosenTheme();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function chooseTheme(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
  } catch {
    document.documentElement.dataset.theme = theme; // for this page at least
    return;
  }
  applyTheme();
}
