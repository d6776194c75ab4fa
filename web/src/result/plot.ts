/** The picture of what the network answers: a coloured plane, or a fitted curve with its residuals. */

import { css, ink, seriesColor } from "../appearance/palette";
import type { Theme } from "../appearance/theme";
import { answerColor, largestSize, paint } from "../network/heatmap";
import type { Grid } from "../state/session";
import type { DataSet } from "../worker/contract";
import type { Plane } from "../worker/messages";
import { drawAxes, frameOf, toX, toY, type Frame } from "./frame";
import { drawPoints, targetOf, targetRange } from "./points";

export interface Picture {
  data: DataSet;
  plane: Plane;
  grid: Grid | null;
  outputs: number;
  activation: string;
  predictions: Float32Array | null;
  theme: Theme;
  sample: number;
  test: boolean;
  residuals: boolean;
  /** Where the cursor of the drawing mode is. */
  cursor: { x: number; y: number } | null;
}

const plate = document.createElement("canvas");

export function frameFor(picture: Pick<Picture, "data" | "plane" | "grid">, width: number, height: number): Frame {
  const { plane, data, grid } = picture;
  if (plane.y >= 0) return frameOf(width, height, plane.x_range, plane.y_range);
  let [low, high] = targetRange(data);
  if (grid && grid.plane.y < 0) {
    for (const value of grid.values) {
      if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
  }
  const margin = 0.08 * (high - low) || 1;
  return frameOf(width, height, plane.x_range, [low - margin, high + margin]);
}

export function drawPicture(context: CanvasRenderingContext2D, picture: Picture, frame: Frame): void {
  const { plane, grid, data, theme } = picture;
  if (grid && plane.y >= 0 && grid.plane.y >= 0) drawAnswers(context, picture, grid, frame);
  drawAxes(context, frame, theme);
  if (plane.y < 0 && picture.residuals && picture.predictions) drawResiduals(context, picture, picture.predictions, frame);
  if (grid && plane.y < 0 && grid.plane.y < 0) drawCurves(context, picture, grid, frame);
  drawPoints(context, frame, plane, data, theme, picture);
  if (picture.cursor) drawCursor(context, frame, picture.cursor, theme);
}

function drawAnswers(context: CanvasRenderingContext2D, picture: Picture, grid: Grid, frame: Frame): void {
  const { values, resolution } = grid;
  const count = resolution * resolution;
  const units = Math.min(picture.outputs, Math.floor(values.length / count));
  if (units < 1) return;
  const classes = picture.data.task === "classes";
  const range = targetRange(picture.data);
  const largest = classes ? largestSize(values, 0, count) : Math.max(Math.abs(range[0]), Math.abs(range[1]));
  paint(plate, resolution, (index) => answerColor((unit) => values[unit * count + index]!, units, classes, picture.activation, largest, picture.theme));
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(plate, frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
  if (classes && units === 1) drawBoundary(context, picture, values, resolution, frame);
}

/** The line on which both classes are equally likely, cell by cell. */
function drawBoundary(context: CanvasRenderingContext2D, picture: Picture, values: Float32Array, resolution: number, frame: Frame): void {
  const middle = picture.activation === "tanh" || picture.activation === "identity" ? 0 : 0.5;
  const stepX = (frame.right - frame.left) / (resolution - 1);
  const stepY = (frame.bottom - frame.top) / (resolution - 1);
  context.strokeStyle = css(ink(picture.theme), 0.75);
  context.lineWidth = 1.5;
  context.beginPath();
  for (let row = 0; row + 1 < resolution; row++) {
    for (let column = 0; column + 1 < resolution; column++) {
      const at = (dx: number, dy: number) => values[(row + dy) * resolution + column + dx]! - middle;
      const corners: [number, number, number][] = [[0, 0, at(0, 0)], [1, 0, at(1, 0)], [1, 1, at(1, 1)], [0, 1, at(0, 1)]];
      const crossings: [number, number][] = [];
      corners.forEach(([x, y, value], index) => {
        const [nextX, nextY, next] = corners[(index + 1) % 4]!;
        if (value > 0 === next > 0) return;
        const part = value / (value - next);
        crossings.push([frame.left + (column + x + (nextX - x) * part) * stepX, frame.bottom - (row + y + (nextY - y) * part) * stepY]);
      });
      for (let index = 0; index + 1 < crossings.length; index += 2) {
        context.moveTo(...crossings[index]!);
        context.lineTo(...crossings[index + 1]!);
      }
    }
  }
  context.stroke();
}

function drawCurves(context: CanvasRenderingContext2D, picture: Picture, grid: Grid, frame: Frame): void {
  const { values, resolution, plane } = grid;
  const [low, high] = plane.x_range;
  for (let unit = 0; unit < Math.min(picture.outputs, 4); unit++) {
    context.strokeStyle = css(seriesColor(unit === 0 ? 1 : unit + 1, picture.theme));
    context.lineWidth = 2.5;
    context.beginPath();
    for (let index = 0; index < resolution; index++) {
      const x = toX(frame, low + ((high - low) * index) / (resolution - 1));
      const y = toY(frame, values[unit * resolution + index]!);
      if (index === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
    context.stroke();
  }
}

function drawResiduals(context: CanvasRenderingContext2D, picture: Picture, predictions: Float32Array, frame: Frame): void {
  const { training } = picture.data;
  context.strokeStyle = css(ink(picture.theme), 0.35);
  context.lineWidth = 1;
  context.beginPath();
  training.inputs.forEach((row, index) => {
    const x = toX(frame, row[picture.plane.x] ?? 0);
    const predicted = predictions[index * picture.outputs];
    if (predicted === undefined) return;
    context.moveTo(x, toY(frame, targetOf(training, index)));
    context.lineTo(x, toY(frame, predicted));
  });
  context.stroke();
}

function drawCursor(context: CanvasRenderingContext2D, frame: Frame, cursor: { x: number; y: number }, theme: Theme): void {
  const [x, y] = [toX(frame, cursor.x), toY(frame, cursor.y)];
  context.strokeStyle = css(ink(theme));
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x - 10, y);
  context.lineTo(x + 10, y);
  context.moveTo(x, y - 10);
  context.lineTo(x, y + 10);
  context.stroke();
}
