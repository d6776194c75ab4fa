/** Settings of `[train]` that belong to no part, where the engine's package does not describe them, and values for needed settings. */

import type { Descriptor, Setting, SettingValue } from "../worker/contract";

const number = (name: string, summary: string, fallback?: number): Setting => ({ name, summary, kind: "number", default: fallback, minimum: 0 });

export const TRAINING_SETTINGS: Setting[] = [
  number("l2", "λ of the penalty ½λ‖W‖² on the weights", 0),
  number("l1", "λ of the penalty λ‖W‖₁ on the weights", 0),
  { ...number("dropout", "the probability with which a hidden unit is left out of a step", 0), maximum: 0.95 },
  number("input_noise", "the standard deviation of noise that is added to the features of each step", 0),
  number("max_norm", "the largest length of the weights into a unit"),
  number("clip_norm", "the largest length of the gradient"),
  number("label_smoothing", "ε of targets (1 − ε)·y + ε/classes", 0),
];

/** Values to begin with for settings that have no default. */
const BEGINNINGS: Record<string, number> = { low: -0.5, high: 0.5, std: 0.5, value: 0.1 };

/** The settings that a part cannot do without. */
export function needed(part: Descriptor | undefined): Record<string, SettingValue> {
  const settings = (part?.settings ?? []).filter((setting) => setting.default === undefined || setting.default === null);
  return Object.fromEntries(settings.flatMap(({ name }) => (name in BEGINNINGS ? [[name, BEGINNINGS[name]!]] : [])));
}
