/** Light or dark: by the reader's system unless chosen on the page. */

import { computed, effect, signal } from "@preact/signals";

export type ThemeChoice = "system" | "light" | "dark";
export type Theme = "light" | "dark";

const KEY = "pellucid-theme";

function kept(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const system = signal<Theme>(systemIsDark.matches ? "dark" : "light");
systemIsDark.addEventListener("change", () => (system.value = systemIsDark.matches ? "dark" : "light"));

export const themeChoice = signal<ThemeChoice>(kept());
export const theme = computed<Theme>(() => (themeChoice.value === "system" ? system.value : themeChoice.value));

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
  try {
    if (themeChoice.value === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, themeChoice.value);
  } catch {
    // Pages from a file may have no storage; the choice then lasts as long as the page.
  }
});

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether the reader asks for as little motion as possible. */
export function prefersStillness(): boolean {
  return stillness.matches;
}
