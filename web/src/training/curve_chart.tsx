/** A chart of curves that fills the width of its place. */

import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import { theme } from "../appearance/theme";
import { typeScale } from "../layout/pixels";
import { makeChart } from "./chart";

interface CurveChartProps {
  labels: string[];
  x: number[];
  ys: (number | null)[][];
  logarithmic: boolean;
  height: number;
  /** The epoch to be marked. */
  mark?: number | null;
  /** What the chart shows, in words. */
  name: string;
}

export function CurveChart(props: CurveChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const mark = useRef<number | null>(null);
  mark.current = props.mark ?? null;
  const labels = props.labels.join("|");
  const colors = theme.value;

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = makeChart(element, {
      curves: props.labels.map((label, series) => ({ label, series })),
      width: Math.max(120, element.clientWidth),
      height: props.height * typeScale(),
      logarithmic: props.logarithmic,
      theme: colors,
      xLabel: "epoch",
      mark: () => mark.current,
    });
    chart.current = made;
    const watcher = new ResizeObserver(() => {
      const width = Math.max(120, element.clientWidth);
      if (width !== made.width) made.setSize({ width, height: props.height * typeScale() });
    });
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [labels, props.logarithmic, props.height, colors]);

  useEffect(() => {
    if (props.x.length > 0) chart.current?.setData([props.x, ...props.ys]);
    else chart.current?.setData([[0, 1], ...props.ys.map(() => [null, null])]);
  });

  return <div class="chart" ref={place} role="img" aria-label={props.name} />;
}
