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
  const listen = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (!keysOn.value || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (target.closest(OWN_KEYS) || document.querySelector("dialog[open]")) return;
    if (event.key === " " && target.closest("button, a")) return;
    const found = KEYS.find(({ key }) => key === event.key);
    if (!found) return;
    event.preventDefault();
    found.run();
  };
  document.addEventListener("keydown", listen);
  return () => document.removeEventListener("keydown", listen);
}
