/** Draws an image for a network that reads images, and shows what it answers. */

import { useEffect, useRef } from "preact/hooks";
import { formatPart } from "../appearance/numbers";
import { background, css, ink, mix } from "../appearance/palette";
import { theme } from "../appearance/theme";
import { data, ownInput, ownOutputs, sample } from "../state/session";

export function ImagePad({ image }: { image: { width: number; height: number } }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<[number, number] | null>(null);
  const pixels = ownInput.value ?? data.value?.training.inputs[sample.value] ?? [];
  const colors = theme.value;

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    element.width = image.width;
    element.height = image.height;
    const context = element.getContext("2d");
    if (!context) return;
    const largest = Math.max(1e-9, ...pixels);
    pixels.forEach((value, index) => {
      context.fillStyle = css(mix(background(colors), ink(colors), Math.max(0, Math.min(1, value / largest))));
      context.fillRect(index % image.width, Math.floor(index / image.width), 1, 1);
    });
  }, [pixels, colors, image.width, image.height]);

  const stroke = (event: PointerEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * image.width;
    const y = ((event.clientY - box.top) / box.height) * image.height;
    const from = last.current ?? [x, y];
    ownInput.value = inked(ownInput.value ?? new Array<number>(image.width * image.height).fill(0), image, from, [x, y]);
    last.current = [x, y];
  };

  return (
    <div class="image-pad">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="img"
        aria-label={ownInput.value ? "Your drawing" : `Image of sample ${sample.value + 1}. Draw on it with the pointer; arrow keys choose another sample.`}
        onPointerDown={(event) => {
          canvas.current!.setPointerCapture(event.pointerId);
          last.current = null;
          if (!ownInput.value) ownInput.value = new Array<number>(image.width * image.height).fill(0);
          stroke(event);
        }}
        onPointerMove={(event) => event.buttons > 0 && stroke(event)}
        onKeyDown={(event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          const count = data.value?.training.inputs.length ?? 0;
          if (!step || count === 0) return;
          event.preventDefault();
          ownInput.value = null;
          sample.value = (sample.value + step + count) % count;
        }}
      />
      <div class="image-side">
        <Answers />
        <div class="row">
          <button type="button" class="button" onClick={() => (ownInput.value = new Array<number>(image.width * image.height).fill(0))}>
            Clear and draw
          </button>
          <button type="button" class="button" disabled={!ownInput.value} onClick={() => (ownInput.value = null)}>
            Back to the sample
          </button>
        </div>
      </div>
    </div>
  );
}

/** A stroke of soft ink from one place to the next. */
function inked(pixels: number[], image: { width: number; height: number }, from: [number, number], to: [number, number]): number[] {
  const drawn = pixels.slice();
  const radius = Math.max(0.9, image.width / 22);
  const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) * 2));
  for (let step = 0; step <= steps; step++) {
    const x = from[0] + ((to[0] - from[0]) * step) / steps;
    const y = from[1] + ((to[1] - from[1]) * step) / steps;
    for (let row = Math.max(0, Math.floor(y - 3)); row < Math.min(image.height, y + 3); row++) {
      for (let column = Math.max(0, Math.floor(x - 3)); column < Math.min(image.width, x + 3); column++) {
        const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
        const at = row * image.width + column;
        drawn[at] = Math.max(drawn[at]!, Math.max(0, Math.min(1, radius + 0.5 - distance)));
      }
    }
  }
  return drawn;
}

function Answers() {
  const outputs = ownOutputs.value ?? [];
  const names = data.value?.target_names ?? [];
  const best = outputs.indexOf(Math.max(...outputs));
  return (
    <ol class="answers" aria-label="Outputs">
      {outputs.map((value, index) => (
        <li key={index} class={index === best ? "best" : undefined}>
          <span>{names[index] ?? index}</span>
          <span class="bar" style={{ "--part": Math.max(0, Math.min(1, value)) }} />
          <span class="number">{formatPart(value)}</span>
        </li>
      ))}
    </ol>
  );
}
