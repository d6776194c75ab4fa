/** Curves over epochs, drawn by uPlot in the page's colours. */

import uPlot from "uplot";
import { logarithmicTicks } from "./ticks";
import { css, ink, mix, background, seriesColor, seriesDash } from "../appearance/palette";
import type { Theme } from "../appearance/theme";
import { typeScale } from "../layout/pixels";
import { formatNumber } from "../appearance/numbers";

export interface Curve {
  label: string;
  /** Its colour and dash. */
  series: number;
}

export interface ChartOptions {
  curves: Curve[];
  width: number;
  height: number;
  logarithmic: boolean;
  theme: Theme;
  xLabel: string;
  /** A place on the axis to be marked, such as the present epoch. */
  mark(): number | null;
}

export function makeChart(element: HTMLElement, options: ChartOptions): uPlot {
  const { theme } = options;
  const faint = css(mix(background(theme), ink(theme), 0.75));
  const grid = css(mix(background(theme), ink(theme), 0.1));
  const scale = typeScale();
  const font = `${12 * scale}px system-ui, sans-serif`;
  const axis = (more: uPlot.Axis): uPlot.Axis => ({
    stroke: faint, font, labelFont: font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, ...more,
  });
  return new uPlot(
    {
      width: options.width,
      height: options.height,
      legend: { show: false },
      hooks: { draw: [(chart) => drawMark(chart, options.mark(), faint)] },
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      scales: { x: { time: false }, y: { distr: options.logarithmic ? 3 : 1, range: rangeOf(options.logarithmic) } },
      axes: [
        axis({ size: 34 * scale, space: 60 * scale, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? shortCount(tick) : "")) }),
        axis({
          size: 54 * scale,
          ...(options.logarithmic && { splits: (_: uPlot, __: number, low: number, high: number) => logarithmicTicks(low, high), filter: (_: uPlot, ticks: number[]) => ticks }),
          values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : formatNumber(tick, 3))),
        }),
      ],
      series: [
        { label: options.xLabel },
        ...options.curves.map(({ label, series }) => ({
          label, stroke: css(seriesColor(series, theme)), width: 2, dash: seriesDash(series), points: { show: false },
        })),
      ],
    },
    [[0], ...options.curves.map(() => [null])],
    element,
  );
}

function drawMark(chart: uPlot, mark: number | null, color: string): void {
  if (mark === null) return;
  const x = Math.round(chart.valToPos(mark, "x", true));
  const { ctx, bbox } = chart;
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

function rangeOf(logarithmic: boolean): uPlot.Range.Function {
  return (_, low, high) => {
    if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [logarithmic ? 0.1 : 0, 1];
    if (logarithmic) return [Math.max(low, 1e-12) / 1.3, Math.max(high, 1e-12) * 1.3];
    const margin = high > low ? 0.06 * (high - low) : Math.abs(high) * 0.1 || 0.1;
    return [low >= 0 ? Math.max(0, low - margin) : low - margin, high + margin];
  };
}

function shortCount(value: number): string {
  if (value >= 1e6) return `${formatNumber(value / 1e6, 3)}M`;
  return value >= 1e4 ? `${formatNumber(value / 1e3, 3)}k` : String(value);
}
