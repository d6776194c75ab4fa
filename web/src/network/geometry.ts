/** Where units and links of the drawing lie, in pixels. */

import { DRAWN_UNITS } from "../state/watching";

export const UNIT = 44;
const ROW = 60;
const HEAD = 84;
const FOOT = 22;
const NARROWEST_COLUMN = 92;

export interface Place {
  x: number;
  y: number;
}

export interface Layout {
  width: number;
  height: number;
  /** For each layer, the inputs first, the centres of its drawn units. */
  layers: Place[][];
  /** For each layer its units that are not drawn. */
  hidden: number[];
}

export function layoutOf(layers: number[], available: number): Layout {
  const width = Math.max(available, layers.length * NARROWEST_COLUMN);
  const drawn = layers.map((size) => Math.min(size, DRAWN_UNITS));
  const height = HEAD + Math.max(...drawn, 1) * ROW + FOOT;
  const column = width / layers.length;
  const middle = HEAD + (height - HEAD - FOOT) / 2;
  return {
    width,
    height,
    layers: drawn.map((count, layer) =>
      Array.from({ length: count }, (_, unit) => ({ x: column * (layer + 0.5), y: middle + (unit - (count - 1) / 2) * ROW })),
    ),
    hidden: layers.map((size, layer) => size - drawn[layer]!),
  };
}

/** The path of a link between two units. */
export function linkPath(from: Place, to: Place): string {
  const start = from.x + UNIT / 2;
  const end = to.x - UNIT / 2;
  const bend = (end - start) / 2;
  return `M${start} ${from.y}C${start + bend} ${from.y} ${end - bend} ${to.y} ${end} ${to.y}`;
}
