/** The formulas of one unit with its numbers, all of which come from the engine's record of the step. */

import { texFactor, texNumber } from "../appearance/numbers";
import type { ExplainedLayer, Explanation } from "../worker/contract";

/** Terms of a sum that are written out; the table below has all of them. */
const WRITTEN_TERMS = 8;

export interface UnitFormulas {
  forward: string[];
  backward: string[];
}

/** What a layer receives: the features, or the activations of the layer before. */
export function inputsOf(explanation: Explanation, layer: number): number[] {
  return (layer === 0 ? explanation.input[0] : explanation.layers[layer - 1]?.activation[0]) ?? [];
}

const lines = (terms: string[], a_line: number): string => {
  const rows: string[] = [];
  for (let start = 0; start < terms.length; start += a_line) rows.push(terms.slice(start, start + a_line).join(" + "));
  return rows.join(" \\\\ &\\quad + ");
};

const aligned = (...rows: string[]) => `\\begin{aligned} ${rows.join(" \\\\ ")} \\end{aligned}`;

function sum(pairs: [number, number][], more: string[], termsALine: number): string {
  const written = pairs.slice(0, WRITTEN_TERMS).map(([a, b]) => `${texFactor(a)} \\cdot ${texFactor(b)}`);
  if (pairs.length > WRITTEN_TERMS) written.push("\\cdots");
  return lines([...written, ...more], termsALine);
}

export function formulasOf(explanation: Explanation, layer: number, unit: number, functionTex: string, termsALine: number): UnitFormulas | null {
  const of = explanation.layers[layer];
  if (!of) return null;
  return { forward: forward(explanation, of, layer, unit, functionTex, termsALine), backward: backward(explanation, of, layer, unit, termsALine) };
}

function forward(explanation: Explanation, of: ExplainedLayer, layer: number, unit: number, functionTex: string, termsALine: number): string[] {
  const inputs = inputsOf(explanation, layer);
  const z = of.z[0]?.[unit] ?? NaN;
  const a = of.activation[0]?.[unit] ?? NaN;
  const pairs = of.weights.map((row, source): [number, number] => [inputs[source] ?? 0, row[unit] ?? 0]);
  const bias = of.bias ? [texFactor(of.bias[unit] ?? 0)] : [];
  const index = `_{${unit + 1}}`;
  const symbol = layer === 0 ? "x" : `a^{(${layer})}`;
  return [
    aligned(
      `z${index} &= \\sum_i ${symbol}_i \\, w_{i${unit + 1}}${of.bias ? ` + b${index}` : ""}`,
      `&= ${sum(pairs, bias, termsALine)}`,
      `&= ${texNumber(z)}`,
    ),
    aligned(`a${index} &= f(z${index}) = ${functionTex}`, `&= ${texNumber(a)}`),
  ];
}

function backward(explanation: Explanation, of: ExplainedLayer, layer: number, unit: number, termsALine: number): string[] {
  const delta = of.delta[0]?.[unit] ?? NaN;
  const outer = of.d_loss_d_activation?.[0]?.[unit];
  const slope = of.d_activation_d_z?.[0]?.[unit];
  const next = explanation.layers[layer + 1];
  const index = `_{${unit + 1}}`;
  const formulas: string[] = [];
  if (next && outer !== undefined) {
    const deltas = next.delta[0] ?? [];
    const pairs = deltas.map((value, target): [number, number] => [value, next.weights[unit]?.[target] ?? 0]);
    formulas.push(
      aligned(
        `\\frac{\\partial L}{\\partial a${index}} &= \\sum_k \\delta_k^{(${layer + 2})} \\, w_{${unit + 1}k}`,
        `&= ${sum(pairs, [], termsALine)}`,
        `&= ${texNumber(outer)}`,
      ),
    );
  } else if (outer !== undefined) {
    formulas.push(`\\frac{\\partial L}{\\partial a${index}} = ${texNumber(outer)}`);
  }
  if (outer !== undefined && slope !== undefined) {
    formulas.push(
      aligned(
        `\\delta${index} = \\frac{\\partial L}{\\partial z${index}} &= \\frac{\\partial L}{\\partial a${index}} \\cdot f'(z${index})`,
        `&= ${texFactor(outer)} \\cdot ${texFactor(slope)} = ${texNumber(delta)}`,
      ),
    );
  } else {
    formulas.push(`\\delta${index} = \\frac{\\partial L}{\\partial z${index}} = ${texNumber(delta)}`);
  }
  return formulas;
}

/** The derivative of the loss by one weight, and where the step takes the weight. */
export function linkFormula(explanation: Explanation, layer: number, from: number, unit: number): string[] {
  const of = explanation.layers[layer];
  if (!of) return [];
  const delta = of.delta[0]?.[unit] ?? NaN;
  const isBias = from < 0;
  const weight = isBias ? of.bias?.[unit] : of.weights[from]?.[unit];
  const gradient = isBias ? of.d_loss_d_bias?.[unit] : of.d_loss_d_weights?.[from]?.[unit];
  const after = isBias ? of.bias_after?.[unit] : of.weights_after?.[from]?.[unit];
  const name = isBias ? `b_{${unit + 1}}` : `w_{${from + 1}${unit + 1}}`;
  const input = inputsOf(explanation, layer)[from];
  const formulas: string[] = [];
  if (gradient !== undefined) {
    const product = isBias ? texNumber(delta) : `${texFactor(input ?? 0)} \\cdot ${texFactor(delta)}`;
    const symbol = layer === 0 ? "x" : `a^{(${layer})}`;
    const general = isBias ? `\\delta_{${unit + 1}}` : `${symbol}_{${from + 1}} \\cdot \\delta_{${unit + 1}}`;
    formulas.push(aligned(`\\frac{\\partial L}{\\partial ${name}} &= ${general}`, `&= ${product}${isBias ? "" : ` = ${texNumber(gradient)}`}`));
  }
  if (weight !== undefined && after !== undefined && gradient !== undefined) {
    const rate = explanation.update?.learning_rate;
    const plain = explanation.update?.is_plain === true && rate !== undefined;
    formulas.push(
      plain
        ? aligned(`${name} &\\leftarrow ${name} - \\eta \\cdot \\frac{\\partial L}{\\partial ${name}}`, `&= ${texNumber(weight, 6)} - ${texNumber(rate)} \\cdot ${texFactor(gradient)} = ${texNumber(after, 6)}`)
        : `${name}: \\; ${texNumber(weight, 6)} \\;\\rightarrow\\; ${texNumber(after, 6)}`,
    );
  }
  return formulas;
}
