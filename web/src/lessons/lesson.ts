/** What a lesson is made of. */

import type { ComponentChildren } from "preact";

export interface Lesson {
  title: string;
  /** What it is about, before the prediction. */
  text: () => ComponentChildren;
  /** Brings the page to the lesson's data and recipe. */
  prepare(): Promise<void>;
  question: string;
  answers: string[];
  /** The index of the right answer. */
  right: number;
  /** Shows what comes: plays the training, or a race. */
  show(): Promise<void>;
  /** Why it comes so. */
  because: () => ComponentChildren;
  /** Further things to do, each with a button. */
  tries: { text: string; run(): Promise<unknown> | void }[];
}
