/** What was predicted against what was to be predicted: a perfect fit is the diagonal, and the distance to it is the residual. */

import { useEffect, useRef } from "preact/hooks";
import { background, css, ink, mix, seriesColor } from "../appearance/palette";
import { theme } from "../appearance/theme";
import { pixels, typeScale } from "../layout/pixels";
import { outputs, testPredictions, trainingPredictions } from "../state/session";
import type { DataSet, Rows } from "../worker/contract";
import { drawAxes, frameOf, prepare, toX, toY, type Frame } from "./frame";
import { targetOf, targetRange } from "./points";

const HEIGHT = 200;

export function FitPlot({ data }: { data: DataSet }) {
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const colors = theme.value;
  const training = trainingPredictions.value;
  const test = testPredictions.value;
  const units = outputs.value;
  useEffect(() => {
    if (!canvas.current || !place.current || !training || units === 0) return;
    const [width, height] = [place.current.clientWidth, HEIGHT * typeScale()];
    Object.assign(canvas.current.style, pixels({ width, height }));
    const context = prepare(canvas.current, width, height);
    if (!context) return;
    let [low, high] = targetRange(data);
    for (let index = 0; index < training.length; index += units) {
      if (Number.isFinite(training[index]!)) [low, high] = [Math.min(low, training[index]!), Math.max(high, training[index]!)];
    }
    const margin = 0.06 * (high - low) || 1;
    const range: [number, number] = [low - margin, high + margin];
    const frame = frameOf(width, height, range, range);
    drawAxes(context, frame, colors);
    context.strokeStyle = css(mix(background(colors), ink(colors), 0.5));
    context.beginPath();
    context.moveTo(toX(frame, range[0]), toY(frame, range[0]));
    context.lineTo(toX(frame, range[1]), toY(frame, range[1]));
    context.stroke();
    if (test) drawFit(context, frame, data.test, test, units, css(seriesColor(1, colors), 0.8));
    drawFit(context, frame, data.training, training, units, css(seriesColor(0, colors), 0.8));
  });
  return (
    <figure class="fit-plot">
      <figcaption>Predicted (upwards) against actual (across): training blue, test orange</figcaption>
      <div ref={place}>
        <canvas ref={canvas} role="img" aria-label="Predicted against actual values" />
      </div>
    </figure>
  );
}

function drawFit(context: CanvasRenderingContext2D, frame: Frame, rows: Rows, predictions: Float32Array, units: number, color: string): void {
  context.fillStyle = color;
  const size = (rows.inputs.length > 400 ? 1.6 : 2.6) * typeScale();
  rows.inputs.forEach((_, index) => {
    const predicted = predictions[index * units];
    if (predicted === undefined) return;
    context.beginPath();
    context.arc(toX(frame, targetOf(rows, index)), toY(frame, predicted), size, 0, 2 * Math.PI);
    context.fill();
  });
}
