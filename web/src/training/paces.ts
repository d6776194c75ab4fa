/** The speeds at which a training plays. */

import type { Pace } from "../worker/messages";

export const PACES: (Pace & { text: string })[] = [
  { unit: "steps", per_second: 1, text: "1 step a second" },
  { unit: "steps", per_second: 10, text: "10 steps a second" },
  { unit: "epochs", per_second: 1, text: "1 epoch a second" },
  { unit: "epochs", per_second: 10, text: "10 epochs a second" },
  { unit: "epochs", per_second: 60, text: "60 epochs a second" },
  { unit: "epochs", per_second: 1000, text: "1,000 epochs a second" },
  { unit: "steps", per_second: null, text: "as fast as it can" },
];

/** Fast enough for a boundary to form in seconds, and slow enough to watch it. */
export const USUAL_PACE: Pace = { unit: "epochs", per_second: 60 };
