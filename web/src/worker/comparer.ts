/** Runs a comparison over several seeds in slices. */

import type { ComparisonHandle } from "./contract";
import type { ComparisonProgress } from "./messages";

const SLICE = 12;

export class Comparer {
  private stopped = false;

  stop(): void {
    this.stopped = true;
  }

  /** The verdict, or null if it was stopped. */
  async run(comparison: ComparisonHandle, report: (progress: ComparisonProgress) => void): Promise<{ text: string } | null> {
    this.stopped = false;
    try {
      for (;;) {
        const progress = JSON.parse(comparison.advance(SLICE)) as ComparisonProgress;
        report(progress);
        if (progress.done >= progress.of) return JSON.parse(comparison.verdict()) as { text: string };
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (this.stopped) return null;
      }
    } finally {
      comparison.free();
    }
  }
}
