/** The answers of one run of a race. */

import { pixels } from "../layout/pixels";
import { useEffect, useRef } from "preact/hooks";
import { theme } from "../appearance/theme";
import { prepare } from "../result/frame";
import { drawPicture, frameFor } from "../result/plot";
import { data, info } from "../state/session";
import type { Lane } from "./race";

const SIZE = 190;

export function LanePicture({ lane }: { lane: Lane }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colors = theme.value;
  useEffect(() => {
    const rows = data.value;
    if (!canvas.current || !rows || !lane.grid) return;
    const context = prepare(canvas.current, SIZE, SIZE);
    if (!context) return;
    const picture = {
      data: rows, plane: lane.grid.plane, grid: lane.grid, outputs: info.value?.layers.at(-1) ?? 1, activation: info.value?.activations.at(-1) ?? "identity",
      predictions: null, theme: colors, sample: -1, test: false, residuals: false, cursor: null,
    };
    drawPicture(context, picture, frameFor(picture, SIZE, SIZE));
  });
  if (!lane.grid) return null;
  return (
    <figure>
      <canvas ref={canvas} role="img" aria-label={`Answers of ${lane.name}`} style={pixels({ width: SIZE, height: SIZE })} />
      <figcaption>{lane.name}</figcaption>
    </figure>
  );
}
