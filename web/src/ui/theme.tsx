// ui/theme.tsx: the switch between light, dark and what the system says.
import { useState } from "preact/hooks";
import { type Theme, chooseTheme, chosenTheme } from "../lib/theme";
import { Icon, type IconName } from "./icons";

const themes: [Theme, string, IconName][] = [
  ["system", "As the system says", "screen"],
  ["light", "Light", "sun"],
  ["dark", "Dark", "moon"],
];

export function ThemeChoice() {
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <div class="choice icons" role="group" aria-label="Colours">
      {themes.map(([name, title, icon]) => (
        <button
          key={name}
          type="button"
          title={title}
          aria-label={title}
          aria-pressed={theme === name}
          onClick={() => {
            chooseTheme(name);
            setTheme(name);
          }}
        >
          <Icon name={icon} size={16} />
        </button>
      ))}
    </div>
  );
}
