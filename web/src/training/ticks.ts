/** Ticks of a logarithmic axis. uPlot's own loop without end on some ranges within a decade. */

import { ticksOf } from "../result/frame";

/** Ticks at 1, 2 and 5 times powers of ten, or at powers alone where there are many; evenly where none of these lies within. */
export function logarithmicTicks(low: number, high: number): number[] {
  if (!(low > 0) || !(high > low) || !Number.isFinite(high)) return [];
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const factors = last - first <= 3 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil((last - first) / 8));
  const ticks: number[] = [];
  for (let exponent = first; exponent <= last; exponent += every) {
    for (const factor of factors) {
      const tick = Number(`${factor}e${exponent}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks.length > 1 ? ticks : ticksOf([low, high], 4);
}
