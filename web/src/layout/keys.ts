/** Keys of the whole page. They count outside fields, and the reader can turn them off. */

import { signal } from "@preact/signals";
import { openWorkedStep } from "../inspect/worked_step";
import { seek, stepBack, takeEpoch, takeSteps } from "../state/actions";
import { togglePlay } from "../training/controls";

export const keysOn = signal(true);
export const helping = signal(false);

export const KEYS: { key: string; shown: string; does: string; run(): void }[] = [
  { key: " ", shown: "Space", does: "play or pause", run: togglePlay },
  { key: "s", shown: "s", does: "one step", run: () => void takeSteps(1) },
  { key: "n", shown: "n", does: "one epoch", run: () => void takeEpoch() },
  { key: "b", shown: "b", does: "one step back", run: () => void stepBack() },
  { key: "r", shown: "r", does: "back to the start", run: () => void seek(0) },
  { key: "e", shown: "e", does: "the whole step, worked", run: () => void openWorkedStep() },
  { key: "?", shown: "?", does: "this help", run: () => (helping.value = true) },
];

/** Controls that use the space bar or letters themselves. */
const OWN_KEYS = "input, select, textarea, [contenteditable], [role=application], summary";

export function listenToKeys(): () => void {
  let clicked: Element | null = null;
  const point = (event: Event) => (clicked = (event.target as Element).closest("button"));
  const listen = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (!keysOn.value || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (target.closest(OWN_KEYS) || document.querySelector("dialog[open]")) return;
    // A button that the keyboard reached is pressed by the space bar; after a click, the space bar plays.
    const button = target.closest("button, a");
    if (event.key === "Tab") clicked = null;
    if (event.key === " " && button && button !== clicked) return;
    const found = KEYS.find(({ key }) => key === event.key);
    if (!found) return;
    event.preventDefault();
    found.run();
  };
  // Some browsers press a button when the space bar comes up.
  const release = (event: KeyboardEvent) => {
    const button = (event.target as Element).closest?.("button");
    if (event.key === " " && button && button === clicked && keysOn.value) event.preventDefault();
  };
  document.addEventListener("pointerdown", point, true);
  document.addEventListener("keydown", listen);
  document.addEventListener("keyup", release);
  return () => {
    document.removeEventListener("pointerdown", point, true);
    document.removeEventListener("keydown", listen);
    document.removeEventListener("keyup", release);
  };
}
