/** Brings the part below the network into sight, where the screen is too small for both. */

import { prefersStillness } from "../appearance/theme";

/** The part of the screen above the details, so that the network stays in sight. */
const SHOWN = 0.55;

export function revealDetails(): void {
  requestAnimationFrame(() => {
    const details = document.getElementById("tab-panel")?.parentElement;
    const top = details?.getBoundingClientRect().top ?? 0;
    if (top < SHOWN * window.innerHeight) return;
    window.scrollBy({ top: top - SHOWN * window.innerHeight, behavior: prefersStillness() ? "auto" : "smooth" });
  });
}
