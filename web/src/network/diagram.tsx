/** The drawing of the network: units with what they answer over the plane, and links as wide as their weights. */

import { pixels, typeScale } from "../layout/pixels";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { formatNumber } from "../appearance/numbers";
import { css, seriesColor } from "../appearance/palette";
import { theme } from "../appearance/theme";
import { data, info, parameters, selection, tab } from "../state/session";
import { layoutOf, linkPath, type Layout } from "./geometry";
import { LayerHead } from "./layer_head";
import { Unit } from "./unit";
import { WeightEditor } from "./weight_editor";

export function Diagram() {
  const place = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const watcher = new ResizeObserver(() => (width.value = element.clientWidth));
    watcher.observe(element);
    width.value = element.clientWidth;
    return () => watcher.disconnect();
  }, []);
  const layers = info.value?.layers;
  if (!layers) return <div class="diagram" ref={place} />;
  const layout = layoutOf(layers, width.value, typeScale());
  return (
    <div class="diagram" ref={place} role="group" aria-label={`Network ${layers.join("-")}`} onKeyDown={(event) => moveFocus(event, layers)}>
      <div class="diagram-inner" style={pixels({ width: layout.width, height: layout.height })}>
        <Links layout={layout} />
        {layout.layers.map((units, layer) => (
          <>
            <LayerHead key={`head-${layer}`} layer={layer} x={units[0]?.x ?? 0} width={layout.width / layers.length} />
            {units.map((at, unit) => (
              <Unit key={`${layer}-${unit}`} layer={layer} unit={unit} at={at} size={layout.unit} name={unitName(layer, unit, layers.length)} />
            ))}
            {layout.hidden[layer]! > 0 && (
              <p class="more-units" style={pixels({ left: units[0]!.x, top: layout.height - 1.25 * 16 * typeScale() })}>
                and {layout.hidden[layer]} more
              </p>
            )}
          </>
        ))}
        <WeightEditor layout={layout} />
      </div>
    </div>
  );
}

/** What a unit is called: the feature, the class or target, or its number in its layer. */
export function unitName(layer: number, unit: number, layers: number): string {
  const rows = data.value;
  if (layer === 0) return rows?.feature_names[unit] ?? `input ${unit + 1}`;
  if (layer === layers - 1 && rows) {
    const outputs = info.value?.layers.at(-1) ?? 0;
    if (outputs === rows.target_names.length) return rows.target_names[unit] ?? `output ${unit + 1}`;
    if (outputs === 1 && rows.target_names.length === 2) return rows.target_names[1] ?? "output";
    return `output ${unit + 1}`;
  }
  return `unit ${unit + 1} of layer ${layer}`;
}

/** Arrow keys move between units: up and down in a layer, left and right between layers. */
function moveFocus(event: KeyboardEvent, layers: number[]): void {
  const target = event.target as HTMLElement;
  const { layer, unit } = target.dataset;
  if (layer === undefined || unit === undefined) return;
  const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
  if (!step) return;
  event.preventDefault();
  const nextLayer = Math.max(0, Math.min(layers.length - 1, Number(layer) + step[0]!));
  const container = event.currentTarget as HTMLElement;
  const units = container.querySelectorAll<HTMLElement>(`[data-layer="${nextLayer}"][data-unit]`);
  units[Math.max(0, Math.min(units.length - 1, Number(unit) + step[1]!))]?.focus();
}

function Links({ layout }: { layout: Layout }) {
  const element = useRef<SVGSVGElement>(null);
  const colors = theme.value;
  const weights = parameters.value;
  const chosen = selection.value;
  useEffect(() => {
    const svg = element.current;
    if (!svg || !weights) return;
    const sizes = weights.map((layer) => layer.weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0));
    for (const path of svg.querySelectorAll<SVGPathElement>("path.link")) {
      const [layer, from, to] = path.dataset["link"]!.split(" ").map(Number) as [number, number, number];
      const of = weights[layer];
      const weight = of?.weights[from * of.fan_out + to];
      if (!of || weight === undefined) continue;
      const strength = Math.abs(weight) / Math.max(sizes[layer]!, 1);
      path.setAttribute("stroke", css(seriesColor(weight >= 0 ? 0 : 1, colors), 0.25 + 0.75 * Math.min(1, strength)));
      path.setAttribute("stroke-width", (0.6 + 5.4 * Math.min(1, strength)).toFixed(2));
      path.setAttribute("stroke-dasharray", weight >= 0 ? "" : "7 3");
      path.nextElementSibling!.firstElementChild!.textContent = `weight ${formatNumber(weight)}`;
    }
  });
  return (
    <svg class="links" ref={element} width={layout.width} height={layout.height} aria-hidden="true">
      {layout.layers.slice(1).flatMap((units, layer) =>
        units.flatMap((to, unit) =>
          layout.layers[layer]!.map((from, source) => {
            const d = linkPath(from, to, layout.unit);
            const isChosen = chosen?.layer === layer && chosen.unit === unit && chosen.from === source;
            const choose = () => {
              selection.value = { layer, unit, from: source };
              tab.value = "see";
            };
            return (
              <g key={`${layer}-${source}-${unit}`} class={isChosen ? "chosen" : undefined}>
                <path class="link" d={d} data-link={`${layer} ${source} ${unit}`} />
                <path class="link-target" d={d} onClick={choose}>
                  <title />
                </path>
              </g>
            );
          }),
        ),
      )}
    </svg>
  );
}
