/** What a lesson is made of. */

import type { ComponentChildren } from "preact";
import type { Pace } from "../worker/messages";

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
  /** Why it is right, shown once the reader has predicted and trained. */
  because: () => ComponentChildren;
  /** Further things to do, each with a button. */
  tries: { text: string; run(): Promise<unknown> | void }[];
  pace: Pace;
}
