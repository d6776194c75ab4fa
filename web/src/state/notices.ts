/** What the page tells the reader: failures in the engine's own words, and short notes. */

import { signal } from "@preact/signals";

export interface Notice {
  kind: "error" | "note";
  text: string;
}

export const notice = signal<Notice | null>(null);
/** Text for screen readers alone. */
export const announcement = signal("");

export function tell(text: string): void {
  notice.value = { kind: "note", text };
}

export function announce(text: string): void {
  announcement.value = text;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function fail(error: unknown): void {
  notice.value = { kind: "error", text: messageOf(error) };
}

/** Runs an action; if it fails, reports the error and changes nothing else. */
export async function guard<T>(work: () => Promise<T>): Promise<T | undefined> {
  const before = notice.value;
  try {
    const result = await work();
    // A failure from before is settled; one of this work itself stays.
    if (before?.kind === "error" && notice.value === before) notice.value = null;
    return result;
  } catch (error) {
    fail(error);
    return undefined;
  }
}
