/** The canvas with the plane: choosing a sample by a click, or drawing points. */

import { pixels } from "../layout/pixels";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { theme } from "../appearance/theme";
import { addPoint, drawing, drawnData, drawPlane, moveCursor, cursor, drawKey } from "../data/drawing";
import { CheckField } from "../layout/fields";
import { data, info, outputGrid, sample, trainingPredictions } from "../state/session";
import { plane } from "../state/watching";
import { fromX, fromY, prepare, type Frame } from "./frame";
import { drawPicture, frameFor, type Picture } from "./plot";
import { nearest } from "./points";

export function PlaneCanvas() {
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<Frame | null>(null);
  const size = useSignal({ width: 0, height: 0 });
  const test = useSignal(true);
  const residuals = useSignal(true);

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const measure = () => {
      const width = Math.min(element.clientWidth, Math.max(280, 0.78 * window.innerHeight));
      size.value = { width, height: width };
    };
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    measure();
    return () => watcher.disconnect();
  }, []);

  const rows = drawing.value ? drawnData.value : data.value;
  const shownPlane = drawing.value ? drawPlane.value : plane.value;
  const matching = outputGrid.value && shownPlane && outputGrid.value.plane.x === shownPlane.x && outputGrid.value.plane.y === shownPlane.y;
  const grid = matching ? outputGrid.value : null;
  const picture: Picture | null = rows && shownPlane && {
    data: rows,
    plane: shownPlane,
    grid: drawing.value ? null : grid,
    outputs: info.value?.layers.at(-1) ?? 1,
    activation: info.value?.activations.at(-1) ?? "identity",
    predictions: drawing.value ? null : trainingPredictions.value,
    theme: theme.value,
    sample: drawing.value ? -1 : sample.value,
    test: test.value,
    residuals: residuals.value,
    cursor: drawing.value ? cursor.value : null,
  };
  const { width, height } = size.value;

  useEffect(() => {
    if (!canvas.current || !picture || width === 0) return;
    const context = prepare(canvas.current, width, height);
    if (!context) return;
    frame.current = frameFor(picture, width, height);
    if (drawing.value) frame.current = { ...frame.current, x_range: picture.plane.x_range, y_range: drawPlane.value!.y < 0 ? [-1.5, 1.5] : picture.plane.y_range };
    drawPicture(context, picture, frame.current);
  });

  const place_of = (event: PointerEvent): [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const press = (event: PointerEvent) => {
    if (!frame.current || !picture) return;
    const [x, y] = place_of(event);
    if (drawing.value) {
      canvas.current!.setPointerCapture(event.pointerId);
      addPoint(fromX(frame.current, x), fromY(frame.current, y), "press");
    } else {
      const found = nearest(frame.current, picture.plane, picture.data, x, y);
      if (found >= 0) sample.value = found;
    }
  };
  const drag = (event: PointerEvent) => {
    if (!drawing.value || event.buttons === 0 || !frame.current) return;
    const [x, y] = place_of(event);
    addPoint(fromX(frame.current, x), fromY(frame.current, y), "drag");
  };
  const key = (event: KeyboardEvent) => {
    if (drawing.value ? drawKey(event) || moveCursor(event) : moveSample(event)) event.preventDefault();
  };

  return (
    <div class="plane" ref={place}>
      <canvas
        ref={canvas}
        class={drawing.value ? "drawing" : undefined}
        style={pixels({ width, height })}
        tabIndex={0}
        role={drawing.value ? "application" : "img"}
        aria-label={drawing.value ? DRAWING_NAME : nameOf(picture)}
        onPointerDown={press}
        onPointerMove={drag}
        onKeyDown={key}
      />
      <div class="plane-options">
        {(rows?.test.inputs.length ?? 0) > 0 && <CheckField label="Show test rows" value={test.value} onValue={(on) => (test.value = on)} />}
        {shownPlane?.y === -1 && !drawing.value && <CheckField label="Show residuals" value={residuals.value} onValue={(on) => (residuals.value = on)} />}
      </div>
    </div>
  );
}

const DRAWING_NAME = "Drawing area. Arrow keys move the cross, Enter or Space sets a point, 1 to 4 choose the class, Delete removes the nearest point.";

function nameOf(picture: Picture | null): string {
  if (!picture) return "Picture of the answers";
  const names = picture.data.feature_names;
  const { plane: shown } = picture;
  if (shown.y < 0) return `Fitted curve over ${names[shown.x]}, with ${picture.data.training.inputs.length} training rows. Arrow keys choose a sample.`;
  return `What the network answers over ${names[shown.x]} and ${names[shown.y]}, with ${picture.data.training.inputs.length} training rows. Arrow keys choose a sample.`;
}

/** Left and right choose the sample before and after. */
function moveSample(event: KeyboardEvent): boolean {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const count = data.value?.training.inputs.length ?? 0;
  if (!step || count === 0) return false;
  sample.value = (sample.value + step + count) % count;
  return true;
}
