/** Which lesson is open, and what the reader predicted. */

import { signal } from "@preact/signals";

export const lessonsOpen = signal(false);
export const lessonIndex = signal(0);
/** The chosen answer of the open lesson; null before. */
export const predicted = signal<number | null>(null);
export const revealed = signal(false);
