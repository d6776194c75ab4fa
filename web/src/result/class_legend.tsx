/** Which colour and shape each class has, or what the colours of values mean. */

import { classColor, css, valueColor } from "../appearance/palette";
import { formatNumber } from "../appearance/numbers";
import { theme } from "../appearance/theme";
import type { DataSet } from "../worker/contract";
import { shapeOf, targetRange } from "./points";

export function ClassLegend({ data }: { data: DataSet }) {
  if (data.image || (data.task === "numbers" && data.feature_names.length === 1)) return null;
  if (data.task === "numbers") return <ValueLegend data={data} />;
  return (
    <ul class="legend">
      {data.target_names.map((name, index) => (
        <li key={name}>
          <Mark index={index} /> {name}
        </li>
      ))}
      {data.test.inputs.length > 0 && <li class="faint">hollow: test rows</li>}
    </ul>
  );
}

export function Mark({ index }: { index: number }) {
  const shapes = {
    circle: "M8 2a6 6 0 1 0 .001 0z",
    square: "M2.600 2.600h10.800v10.800H2.600z",
    triangle: "M8 1 15 13.500H1z",
    diamond: "M8 .500 15.500 8 8 15.500.500 8z",
  };
  return (
    <svg class="mark" viewBox="0 0 16 16" aria-hidden="true">
      <path d={shapes[shapeOf(index)]} fill={css(classColor(index, theme.value))} />
    </svg>
  );
}

function ValueLegend({ data }: { data: DataSet }) {
  const [low, high] = targetRange(data);
  const stops = [-1, -0.5, 0, 0.5, 1].map((value) => css(valueColor(value, theme.value)));
  return (
    <div class="legend value-legend">
      <span>{formatNumber(low, 3)}</span>
      <span class="value-bar" style={{ background: `linear-gradient(to right, ${stops.join(", ")})` }} />
      <span>{formatNumber(high, 3)}</span>
      {data.test.inputs.length > 0 && <span class="faint">hollow: test rows</span>}
    </div>
  );
}
