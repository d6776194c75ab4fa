/** The seven lessons, in order. */
import type { Lesson } from "./lesson";
export const LESSONS: Lesson[] = [{ title: "x", text: () => null, prepare: async () => undefined, question: "?", answers: ["a", "b"], right: 0, because: () => null, tries: [], pace: { unit: "epochs", per_second: 60 } }];
