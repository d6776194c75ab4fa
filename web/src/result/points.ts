/** Points of data on a canvas. Classes differ in shape as well as in colour; test rows are hollow. */

import { background, classColor, css, ink, valueColor, type Rgb } from "../appearance/palette";
import type { Theme } from "../appearance/theme";
import { typeScale } from "../layout/pixels";
import type { DataSet, Rows } from "../worker/contract";
import type { Plane } from "../worker/messages";
import { toX, toY, type Frame } from "./frame";

type Shape = "circle" | "square" | "triangle" | "diamond";
const SHAPES: Shape[] = ["circle", "square", "triangle", "diamond"];

export function shapeOf(index: number): Shape {
  return SHAPES[index % SHAPES.length]!;
}

export function trace(context: CanvasRenderingContext2D, shape: Shape, x: number, y: number, size: number): void {
  context.beginPath();
  if (shape === "circle") context.arc(x, y, size, 0, 2 * Math.PI);
  else if (shape === "square") context.rect(x - 0.9 * size, y - 0.9 * size, 1.8 * size, 1.8 * size);
  else if (shape === "triangle") {
    context.moveTo(x, y - 1.2 * size);
    context.lineTo(x + 1.1 * size, y + 0.8 * size);
    context.lineTo(x - 1.1 * size, y + 0.8 * size);
    context.closePath();
  } else {
    context.moveTo(x, y - 1.3 * size);
    context.lineTo(x + 1.3 * size, y);
    context.lineTo(x, y + 1.3 * size);
    context.lineTo(x - 1.3 * size, y);
    context.closePath();
  }
}

/** The number that a row of a set of numbers is to have. */
export function targetOf(rows: Rows, index: number): number {
  const target = rows.targets[index];
  return Array.isArray(target) ? (target[0] ?? 0) : (target ?? 0);
}

/** The lowest and highest target of a set of numbers. */
export function targetRange(data: DataSet): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const rows of [data.training, data.test]) {
    for (let index = 0; index < rows.inputs.length; index++) {
      low = Math.min(low, targetOf(rows, index));
      high = Math.max(high, targetOf(rows, index));
    }
  }
  return low <= high ? [low, high] : [0, 1];
}

export function pointColor(data: DataSet, rows: Rows, index: number, range: [number, number], theme: Theme): Rgb {
  if (data.task === "classes") return classColor(targetOf(rows, index), theme);
  const middle = range[0] < 0 && range[1] > 0 ? 0 : (range[0] + range[1]) / 2;
  const reach = Math.max(range[1] - middle, middle - range[0], 1e-12);
  return valueColor((targetOf(rows, index) - middle) / reach, theme);
}

/** Draws rows over the plane, and a ring around the sample that is explained. */
export function drawPoints(context: CanvasRenderingContext2D, frame: Frame, plane: Plane, data: DataSet, theme: Theme, shown: { test: boolean; sample: number }): void {
  const range = targetRange(data);
  const count = data.training.inputs.length + data.test.inputs.length;
  const size = (count > 1500 ? 2.2 : count > 400 ? 3.2 : count > 20 ? 4.2 : 7) * typeScale();
  const height = (row: number[], rows: Rows, index: number) => toY(frame, plane.y < 0 ? targetOf(rows, index) : (row[plane.y] ?? 0));
  const shape = (rows: Rows, index: number) => (data.task === "classes" ? shapeOf(targetOf(rows, index)) : "circle");
  const draw = (rows: Rows, hollow: boolean) => {
    rows.inputs.forEach((row, index) => {
      const color = css(pointColor(data, rows, index, range, theme));
      trace(context, shape(rows, index), toX(frame, row[plane.x] ?? 0), height(row, rows, index), hollow ? 0.85 * size : size);
      context.lineWidth = hollow ? 1.6 : 1;
      context.fillStyle = hollow ? css(background(theme)) : color;
      context.strokeStyle = hollow ? color : css(data.task === "classes" ? background(theme) : ink(theme));
      context.fill();
      context.stroke();
    });
  };
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
  context.clip();
  if (shown.test) draw(data.test, true);
  draw(data.training, false);
  const row = data.training.inputs[shown.sample];
  if (row) {
    context.lineWidth = 2.5;
    context.strokeStyle = css(ink(theme));
    context.beginPath();
    context.arc(toX(frame, row[plane.x] ?? 0), height(row, data.training, shown.sample), size + 4, 0, 2 * Math.PI);
    context.stroke();
  }
  context.restore();
}

/** The training row nearest to a place on the canvas, within reach of a finger; -1 where there is none. */
export function nearest(frame: Frame, plane: Plane, data: DataSet, x: number, y: number): number {
  let [best, distance] = [-1, 24];
  data.training.inputs.forEach((row, index) => {
    const dx = toX(frame, row[plane.x] ?? 0) - x;
    const dy = toY(frame, plane.y < 0 ? targetOf(data.training, index) : (row[plane.y] ?? 0)) - y;
    const reach = Math.hypot(dx, dy);
    if (reach < distance) [best, distance] = [index, reach];
  });
  return best;
}
