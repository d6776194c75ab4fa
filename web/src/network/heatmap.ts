/** Draws a grid of values as a picture. */

import { background, classColor, css, mix, seriesColor, valueColor, type Rgb } from "../appearance/palette";
import type { Theme } from "../appearance/theme";
import type { LayerParameters } from "../worker/contract";

/** Which values an activation takes: from 0 to 1, or any. */
const FROM_0_TO_1 = ["sigmoid", "softmax", "hard_sigmoid"];

/** Maps a value of a unit to -1 … 1. `largest` is the largest size among its values. */
export function signedValue(value: number, activation: string, largest: number): number {
  return FROM_0_TO_1.includes(activation) ? 2 * value - 1 : value / Math.max(largest, 1e-12);
}

export function largestSize(values: Float32Array, from: number, count: number): number {
  let largest = 0;
  for (let index = from; index < from + count; index++) {
    const size = Math.abs(values[index]!);
    if (size > largest && size < Infinity) largest = size;
  }
  return largest;
}

/** Fills a canvas with `resolution`² colours, given row by row from the bottom left. */
export function paint(canvas: HTMLCanvasElement, resolution: number, colorOf: (index: number) => Rgb): void {
  paintRows(canvas, resolution, resolution, (row, column) => colorOf((resolution - 1 - row) * resolution + column));
}

/** Fills a canvas with `width` × `height` colours; rows count from the top. */
function paintRows(canvas: HTMLCanvasElement, width: number, height: number, colorOf: (row: number, column: number) => Rgb): void {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  if (!context) return;
  const picture = context.createImageData(width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [red, green, blue] = colorOf(row, column);
      const at = 4 * (row * width + column);
      picture.data[at] = red;
      picture.data[at + 1] = green;
      picture.data[at + 2] = blue;
      picture.data[at + 3] = 255;
    }
  }
  context.putImageData(picture, 0, 0);
}

/** The picture of one unit over the plane. */
export function paintUnit(canvas: HTMLCanvasElement, values: Float32Array, resolution: number, unit: number, activation: string, theme: Theme): void {
  const count = resolution * resolution;
  const from = unit * count;
  if (from + count > values.length) return;
  const largest = largestSize(values, from, count);
  paint(canvas, resolution, (index) => valueColor(0.9 * signedValue(values[from + index]!, activation, largest), theme));
}

/** What a unit looks for in an image: the weight of each pixel, where the pixel is. */
export function paintWeights(canvas: HTMLCanvasElement, layer: LayerParameters, unit: number, image: { width: number; height: number }, theme: Theme): void {
  const weight = (pixel: number) => layer.weights[pixel * layer.fan_out + unit] ?? 0;
  let largest = 1e-12;
  for (let pixel = 0; pixel < layer.fan_in; pixel++) largest = Math.max(largest, Math.abs(weight(pixel)));
  paintRows(canvas, image.width, image.height, (row, column) => valueColor((0.9 * weight(row * image.width + column)) / largest, theme));
}

/** One colour, for a value between -1 and 1. */
export function paintValue(canvas: HTMLCanvasElement, value: number, theme: Theme): void {
  paintRows(canvas, 1, 1, () => valueColor(0.9 * Math.max(-1, Math.min(1, value)), theme));
}

/** The curve of one unit over a single feature. */
export function paintUnitCurve(canvas: HTMLCanvasElement, values: Float32Array, resolution: number, unit: number, theme: Theme): void {
  const size = 88;
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext("2d");
  if (!context) return;
  const own = values.subarray(unit * resolution, (unit + 1) * resolution);
  const low = Math.min(...own);
  const span = Math.max(...own) - low || 1;
  context.fillStyle = css(background(theme));
  context.fillRect(0, 0, size, size);
  context.strokeStyle = css(seriesColor(0, theme));
  context.lineWidth = 4;
  context.beginPath();
  own.forEach((value, index) => {
    const x = (index / (resolution - 1)) * size;
    const y = size - 10 - ((value - low) / span) * (size - 20);
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
  context.stroke();
}

/** The picture of an input: dark to light along its own axis, and flat where it is on none. */
export function paintInput(canvas: HTMLCanvasElement, axis: "x" | "y" | null, theme: Theme): void {
  const size = 20;
  paint(canvas, size, (index) => {
    const along = axis === "x" ? index % size : axis === "y" ? Math.floor(index / size) : (size - 1) / 2;
    return valueColor(0.9 * ((2 * along) / (size - 1) - 1), theme);
  });
}

/** How strong the colour of an answer is, so that the points on it stand out. */
const STRENGTH = { light: 0.72, dark: 0.58 };

/** The colour of the outputs at a point: between two classes, of the likeliest class, or of a value. */
export function answerColor(outputs: (unit: number) => number, units: number, classes: boolean, activation: string, largest: number, theme: Theme): Rgb {
  if (units === 1) return valueColor(STRENGTH[theme] * signedValue(outputs(0), activation, largest), theme);
  if (!classes) return valueColor(STRENGTH[theme] * signedValue(outputs(0), activation, largest), theme);
  let best = 0;
  let second = -Infinity;
  for (let unit = 1; unit < units; unit++) {
    if (outputs(unit) > outputs(best)) {
      second = outputs(best);
      best = unit;
    } else if (outputs(unit) > second) second = outputs(unit);
  }
  if (second === -Infinity && units > 1) second = outputs(best === 0 ? 1 : 0);
  const lead = Math.max(0, Math.min(1, outputs(best) - second));
  return mix(background(theme), classColor(best, theme), 0.12 + 0.55 * lead);
}
