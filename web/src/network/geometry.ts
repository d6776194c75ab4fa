/** Where units and links of the drawing lie, in pixels. */

import { DRAWN_UNITS } from "../state/watching";

const UNIT = 44;
/** Units of inputs and outputs have a name below. */
const NAMED_ROW = 58;
const ROW = 50;
const HEAD = 84;
const FOOT = 22;
const NARROWEST_COLUMN = 104;

export interface Place {
  x: number;
  y: number;
}

export interface Layout {
  /** The edge of a unit. */
  unit: number;
  width: number;
  height: number;
  /** For each layer, the inputs first, the centres of its drawn units. */
  layers: Place[][];
  /** For each layer its units that are not drawn. */
  hidden: number[];
}

/** Lays the network out in the available width, at the scale of the page's type. */
export function layoutOf(layers: number[], available: number, scale: number): Layout {
  const width = Math.max(available, layers.length * NARROWEST_COLUMN * scale);
  const drawn = layers.map((size) => Math.min(size, DRAWN_UNITS));
  const [head, foot] = [HEAD * scale, FOOT * scale];
  const rows = layers.map((_, layer) => (layer === 0 || layer === layers.length - 1 ? NAMED_ROW : ROW) * scale);
  const height = head + Math.max(...drawn.map((count, layer) => count * rows[layer]!)) + foot;
  const column = width / layers.length;
  const middle = head + (height - head - foot) / 2;
  return {
    unit: UNIT * scale,
    width,
    height,
    layers: drawn.map((count, layer) =>
      Array.from({ length: count }, (_, unit) => ({ x: column * (layer + 0.5), y: middle + (unit - (count - 1) / 2) * rows[layer]! })),
    ),
    hidden: layers.map((size, layer) => size - drawn[layer]!),
  };
}

/** The path of a link between two units. */
export function linkPath(from: Place, to: Place, unit: number): string {
  const start = from.x + unit / 2;
  const end = to.x - unit / 2;
  const bend = (end - start) / 2;
  return `M${start} ${from.y}C${start + bend} ${from.y} ${end - bend} ${to.y} ${end} ${to.y}`;
}
