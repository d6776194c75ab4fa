/** The head of the page. */

import { useRef } from "preact/hooks";
import { themeChoice, type ThemeChoice } from "../appearance/theme";
import { openFile } from "../data/files";
import { lessonsOpen } from "../lessons/state";
import { sharing } from "../share/dialog";
import { IconButton } from "./fields";
import { helping } from "./keys";

export function Header() {
  const file = useRef<HTMLInputElement>(null);
  return (
    <header class="page-head">
      <a class="skip" href="#bench">
        Skip to the network
      </a>
      <h1>
        <svg class="brand" viewBox="0 0 32 32" aria-hidden="true">
          <g class="brand-links">
            <path d="M7 9 25 16M7 23 25 16M7 9l9-4M7 23l9 4" />
          </g>
          <circle cx="7" cy="9" r="4" />
          <circle cx="7" cy="23" r="4" />
          <circle class="brand-output" cx="25" cy="16" r="5" />
        </svg>
        Pellucid
      </h1>
      <p class="tagline">A neural network you can see through</p>
      <nav aria-label="Page">
        <IconButton icon="lessons" label="Lessons" labelled pressed={lessonsOpen.value} onPress={() => (lessonsOpen.value = !lessonsOpen.value)} />
        <input
          ref={file}
          type="file"
          class="unseen"
          tabIndex={-1}
          aria-label="Open a recipe, a model or a table"
          onChange={(event) => {
            const chosen = event.currentTarget.files?.[0];
            event.currentTarget.value = "";
            if (chosen) void openFile(chosen);
          }}
        />
        <IconButton icon="open" label="Open" labelled onPress={() => file.current?.click()} />
        <IconButton icon="share" label="Share" labelled onPress={() => (sharing.value = true)} />
        <ThemeButton />
        <IconButton icon="help" label="Help" keys="?" onPress={() => (helping.value = true)} />
      </nav>
    </header>
  );
}

const NEXT: Record<ThemeChoice, ThemeChoice> = { system: "light", light: "dark", dark: "system" };
const NAMES: Record<ThemeChoice, string> = { system: "as the system", light: "light", dark: "dark" };

function ThemeButton() {
  const choice = themeChoice.value;
  return <IconButton icon="theme" label={`Colours: ${NAMES[choice]}; change to ${NAMES[NEXT[choice]]}`} onPress={() => (themeChoice.value = NEXT[choice])} />;
}
