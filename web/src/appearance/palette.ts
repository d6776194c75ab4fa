/**
 * Colours of classes, values and curves on a canvas: those of the report's pictures (`crates/pellucid-report/src/palette.rs`),
 * after Okabe and Ito, "Color Universal Design" (2008).
 */

import type { Theme } from "./theme";

export type Rgb = readonly [number, number, number];

const hex = (value: number): Rgb => [(value >> 16) & 255, (value >> 8) & 255, value & 255];

const SERIES: Record<Theme, Rgb[]> = {
  light: [0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0x000000, 0xe69f00, 0x56b4e9, 0x7d6e00].map(hex),
  dark: [0x56b4e9, 0xe69f00, 0x009e73, 0xcc79a7, 0xf0e442, 0xd55e00, 0xf5f5f5, 0x2e86cc].map(hex),
};

const BACKGROUND: Record<Theme, Rgb> = { light: hex(0xffffff), dark: hex(0x14171c) };
const INK: Record<Theme, Rgb> = { light: hex(0x1c1e21), dark: hex(0xe8eaed) };

export function background(theme: Theme): Rgb {
  return BACKGROUND[theme];
}

export function ink(theme: Theme): Rgb {
  return INK[theme];
}

/** The colour of curve `index`. */
export function seriesColor(index: number, theme: Theme): Rgb {
  const colors = SERIES[theme];
  return colors[index % colors.length] as Rgb;
}

/** Dashes of curve `index`, so that curves differ without colour too. */
export function seriesDash(index: number): number[] {
  return [[], [9, 3], [3, 2.5], [10, 3, 2.5, 3]][index % 4] as number[];
}

/** The colour of a class. Of two classes the first is orange and the second blue, as low and high values are. */
export function classColor(index: number, theme: Theme): Rgb {
  return seriesColor(index < 2 ? 1 - index : index, theme);
}

/** The colour of a value from -1 (orange) over 0 (the background) to 1 (blue). */
export function valueColor(value: number, theme: Theme): Rgb {
  const strength = Math.min(1, Math.abs(value));
  return mix(background(theme), seriesColor(value >= 0 ? 0 : 1, theme), Number.isFinite(strength) ? strength : 0);
}

export function mix(from: Rgb, to: Rgb, part: number): Rgb {
  return [0, 1, 2].map((channel) => from[channel]! + (to[channel]! - from[channel]!) * part) as unknown as Rgb;
}

export function css(color: Rgb, alpha = 1): string {
  const [red, green, blue] = color.map(Math.round);
  return `rgb(${red} ${green} ${blue} / ${alpha})`;
}
