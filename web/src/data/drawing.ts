/** Points that the reader draws, in a square from -1 to 1 or as a curve over one feature. */

import { computed, signal } from "@preact/signals";
import { takeData } from "../state/actions";
import { announce } from "../state/notices";
import type { DataSet } from "../worker/contract";
import type { Plane } from "../worker/messages";

interface DrawnPoint {
  x: number;
  y: number;
  class: number;
}

export type DrawnTask = "classes" | "curve";

/** Whether the picture of the answers is a drawing area. */
export const drawing = signal(false);
export const drawnTask = signal<DrawnTask>("classes");
export const drawnClass = signal(0);
export const points = signal<DrawnPoint[]>([]);
export const erasing = signal(false);
export const cursor = signal<{ x: number; y: number } | null>(null);

export const CLASSES = ["orange", "blue", "green", "purple"];
const REACH = 1.5;
/** Points of one stroke keep this distance. */
const SPACING = 0.09;
const ERASER = 0.12;

export const drawPlane = computed<Plane | null>(() => {
  const range: [number, number] = [-REACH, REACH];
  const curve = drawnTask.value === "curve";
  return { x: 0, y: curve ? -1 : 1, x_range: range, y_range: curve ? [0, 0] : range, fixed: [0, 0] };
});

/** The drawn points as data; classes are those up to the last one that has a point. */
export function dataOf(drawn: DrawnPoint[], task: DrawnTask): DataSet {
  const rows = (inputs: number[][], targets: number[][] | number[]) => ({ inputs, targets });
  const common = { name: "drawn", notes: [], image: null, suggested_recipe: null };
  if (task === "curve") {
    const training = rows(drawn.map(({ x }) => [x]), drawn.map(({ y }) => [y]));
    return { ...common, task: "numbers", feature_names: ["x"], target_names: ["y"], training, test: rows([], []) };
  }
  const classes = Math.max(2, ...drawn.map((point) => point.class + 1));
  const training = rows(drawn.map(({ x, y }) => [x, y]), drawn.map((point) => point.class));
  return { ...common, task: "classes", feature_names: ["x", "y"], target_names: CLASSES.slice(0, classes), training, test: rows([], []) };
}

export const drawnData = computed(() => dataOf(points.value, drawnTask.value));

/** Why the drawn points cannot be trained on yet; null where they can. */
export const lacking = computed<string | null>(() => {
  if (drawnTask.value === "curve") return points.value.length < 2 ? "Draw at least two points." : null;
  const classes = new Set(points.value.map((point) => point.class));
  if (classes.size < 2) return "Draw points of at least two classes.";
  const missing = CLASSES.slice(0, Math.max(...classes)).find((_, index) => !classes.has(index));
  return missing ? `Draw a point of the class ${missing} too, or leave out later classes.` : null;
});

const rounded = (value: number) => Math.round(Math.max(-REACH, Math.min(REACH, value)) * 1000) / 1000;

export function addPoint(x: number, y: number, how: "press" | "drag"): void {
  if (erasing.value) {
    points.value = points.value.filter((point) => Math.hypot(point.x - x, point.y - y) > ERASER);
    return;
  }
  const last = points.value.at(-1);
  if (how === "drag" && last && Math.hypot(last.x - x, last.y - y) < SPACING) return;
  points.value = [...points.value, { x: rounded(x), y: rounded(y), class: drawnClass.value }];
}

/** Keys of the drawing area that add and remove points. Says whether it was one. */
export function drawKey(event: KeyboardEvent): boolean {
  const at = cursor.value ?? { x: 0, y: 0 };
  const number = Number(event.key);
  if (event.key === "Enter" || event.key === " ") {
    erasing.value = false;
    addPoint(at.x, at.y, "press");
    announce(`Point of class ${CLASSES[drawnClass.value]}. ${points.value.length} points.`);
  } else if (event.key === "Delete" || event.key === "Backspace") {
    const left = points.value;
    const distance = (point: DrawnPoint) => Math.hypot(point.x - at.x, point.y - at.y);
    const closest = left.reduce<DrawnPoint | null>((best, point) => (!best || distance(point) < distance(best) ? point : best), null);
    points.value = left.filter((point) => point !== closest);
    announce(`${points.value.length} points.`);
  } else if (number >= 1 && number <= CLASSES.length && drawnTask.value === "classes") {
    drawnClass.value = number - 1;
    announce(`Class ${CLASSES[number - 1]}.`);
  } else return false;
  return true;
}

/** Arrow keys move the cross, with Shift in smaller steps. */
export function moveCursor(event: KeyboardEvent): boolean {
  const step = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
  if (!step) return false;
  const length = event.shiftKey ? 0.02 : 0.1;
  const at = cursor.value ?? { x: 0, y: 0 };
  cursor.value = { x: rounded(at.x + length * step[0]!), y: rounded(at.y + length * step[1]!) };
  return true;
}

export function clearDrawing(): void {
  points.value = [];
}

/** Trains on what was drawn. */
export async function useDrawing(suggest: (data: DataSet) => Promise<string>): Promise<void> {
  if (lacking.value) return;
  const drawn = drawnData.value;
  const recipe = await suggest(drawn);
  if (await takeData(drawn, { kind: "drawn" }, recipe)) drawing.value = false;
}
