/** The engine's sets: those of the plane with a small picture each, the others in a list. */

import { useEffect, useRef } from "preact/hooks";
import { background, css } from "../appearance/palette";
import { theme } from "../appearance/theme";
import { SelectField } from "../layout/fields";
import { pointColor, targetOf, targetRange } from "../result/points";
import { makeData } from "../state/actions";
import { catalog, engine } from "../state/engine";
import { origin } from "../state/session";
import { rangeOf } from "../state/watching";
import type { DataSet, DataSetInfo } from "../worker/contract";
import { drawing } from "./drawing";

/** Sets of so few features are drawn. */
const DRAWN_FEATURES = 2;

export function SetChooser({ sets }: { sets: DataSetInfo[] }) {
  const ofRecipes = new Set((catalog.value?.recipes ?? []).map(({ name }) => name));
  const drawn = sets.filter((set) => set.features > 0 && set.features <= DRAWN_FEATURES && !ofRecipes.has(set.name));
  const others = sets.filter((set) => !drawn.includes(set));
  const current = origin.value.kind === "made" ? origin.value.request.name : "";
  const choose = (name: string) => {
    drawing.value = false;
    void makeData({ name }, "suggested");
  };
  return (
    <>
      <div class="thumbs" role="group" aria-label="Sets of points">
        {drawn.map((set) => (
          <button type="button" key={set.name} class="thumb" aria-pressed={set.name === current} title={sentence(set.title)} aria-label={`${shortTitle(set)}: ${set.title}`} onClick={() => choose(set.name)}>
            <Thumb set={set} />
            <span aria-hidden="true">{shortTitle(set)}</span>
          </button>
        ))}
      </div>
      {others.length > 0 && (
        <SelectField
          label="More sets"
          value={others.some((set) => set.name === current) ? current : ""}
          choices={[{ value: "", text: "Choose…" }, ...others.map((set) => ({ value: set.name, text: sentence(set.title) }))]}
          onValue={(name) => name && choose(name)}
        />
      )}
    </>
  );
}

function sentence(title: string): string {
  return title.charAt(0).toUpperCase() + title.slice(1);
}

function shortTitle(set: DataSetInfo): string {
  const text = set.name.replace(/[-_]/g, " ");
  return text.length <= 4 && /xor|and|or/i.test(text) ? text.toUpperCase() : text.charAt(0).toUpperCase() + text.slice(1);
}

const made = new Map<string, Promise<DataSet>>();

function Thumb({ set }: { set: DataSetInfo }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colors = theme.value;
  useEffect(() => {
    let alive = true;
    const request = made.get(set.name) ?? engine().call("make_data", { name: set.name });
    made.set(set.name, request);
    request.then((rows) => alive && canvas.current && drawThumb(canvas.current, rows, colors), () => made.delete(set.name));
    return () => {
      alive = false;
    };
  }, [set.name, colors]);
  return <canvas ref={canvas} width={96} height={96} aria-hidden="true" />;
}

function drawThumb(canvas: HTMLCanvasElement, data: DataSet, colors: "light" | "dark"): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const { width, height } = canvas;
  context.fillStyle = css(background(colors));
  context.fillRect(0, 0, width, height);
  const range = targetRange(data);
  const curve = data.feature_names.length === 1;
  const x_range = rangeOf(data, 0);
  const span = (range[1] - range[0]) * 0.1 || 1;
  const y_range: [number, number] = curve ? [range[0] - span, range[1] + span] : rangeOf(data, 1);
  const rows = data.training;
  const size = rows.inputs.length > 20 ? 2.2 : 7;
  rows.inputs.forEach((row, index) => {
    const x = ((row[0]! - x_range[0]) / (x_range[1] - x_range[0])) * width;
    const value = curve ? targetOf(rows, index) : row[1]!;
    context.fillStyle = css(curve ? pointColor({ ...data, task: "classes" }, { ...rows, targets: rows.inputs.map(() => 1) }, index, range, colors) : pointColor(data, rows, index, range, colors));
    context.beginPath();
    context.arc(x, height - ((value - y_range[0]) / (y_range[1] - y_range[0])) * height, size, 0, 2 * Math.PI);
    context.fill();
  });
}
