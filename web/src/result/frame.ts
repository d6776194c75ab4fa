/** The frame of a picture over the plane: where values lie on the canvas, and the ticks of its axes. */

import { formatNumber } from "../appearance/numbers";
import { background, css, ink, mix } from "../appearance/palette";
import type { Theme } from "../appearance/theme";
import { typeScale } from "../layout/pixels";

export interface Frame {
  width: number;
  height: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
  x_range: [number, number];
  y_range: [number, number];
}

export function frameOf(width: number, height: number, x_range: [number, number], y_range: [number, number]): Frame {
  return { width, height, left: 40 * typeScale(), top: 8, right: width - 8, bottom: height - 24 * typeScale(), x_range, y_range };
}

export function toX(frame: Frame, value: number): number {
  return frame.left + ((value - frame.x_range[0]) / (frame.x_range[1] - frame.x_range[0])) * (frame.right - frame.left);
}

export function toY(frame: Frame, value: number): number {
  return frame.bottom - ((value - frame.y_range[0]) / (frame.y_range[1] - frame.y_range[0])) * (frame.bottom - frame.top);
}

export function fromX(frame: Frame, x: number): number {
  return frame.x_range[0] + ((x - frame.left) / (frame.right - frame.left)) * (frame.x_range[1] - frame.x_range[0]);
}

export function fromY(frame: Frame, y: number): number {
  return frame.y_range[0] + ((frame.bottom - y) / (frame.bottom - frame.top)) * (frame.y_range[1] - frame.y_range[0]);
}

/** About `count` round values within a range. */
export function ticksOf([low, high]: [number, number], count: number): number[] {
  const rough = (high - low) / Math.max(1, count);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + 1e-9 * step; index++) ticks.push(index * step);
  return ticks;
}

/** Fits a canvas to its place at the screen's resolution; its coordinates are CSS pixels. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const scale = Math.min(3, window.devicePixelRatio || 1);
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  const context = canvas.getContext("2d");
  context?.setTransform(scale, 0, 0, scale, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

export function drawAxes(context: CanvasRenderingContext2D, frame: Frame, theme: Theme): void {
  const faint = css(mix(background(theme), ink(theme), 0.72));
  context.strokeStyle = css(mix(background(theme), ink(theme), 0.3));
  context.lineWidth = 1;
  context.strokeRect(frame.left + 0.5, frame.top + 0.5, frame.right - frame.left - 1, frame.bottom - frame.top - 1);
  context.fillStyle = faint;
  context.font = `${12 * typeScale()}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const tick of ticksOf(frame.x_range, 5)) {
    const x = toX(frame, tick);
    if (x > frame.left + 4 && x < frame.right - 4) context.fillText(formatNumber(rounded(tick), 3), x, frame.bottom + 7);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of ticksOf(frame.y_range, 5)) {
    const y = toY(frame, tick);
    if (y > frame.top + 4 && y < frame.bottom - 4) context.fillText(formatNumber(rounded(tick), 3), frame.left - 6, y);
  }
}

const rounded = (value: number) => Number(value.toPrecision(10));
