/** Numbers as the page writes them. */

/** A number of the engine's JSON, where one that is not finite is a word. */
export function asNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (value === "inf") return Infinity;
  if (value === "-inf") return -Infinity;
  return NaN;
}

/** To `digits` significant digits, with a true minus sign. */
export function formatNumber(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e6 || size < 1e-4 ? scientific(value, digits) : trimmed(value.toPrecision(digits), value);
  return text.replace(/-/g, "−");
}

function trimmed(text: string, value: number): string {
  if (text.includes("e")) return String(Number(value.toPrecision(4)));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function scientific(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 2)).split("e");
  return `${mantissa!.replace(/\.?0+$/, "")}e${exponent!.replace("+", "")}`;
}

/** The same for KaTeX. */
export function texNumber(value: number, digits = 4): string {
  const text = formatNumber(value, digits).replace(/−/g, "-");
  const match = /^(.*)e(.*)$/.exec(text);
  if (match) return `${match[1]} \\cdot 10^{${match[2]}}`;
  return text.replace("NaN", "\\text{NaN}").replace("∞", "\\infty");
}

/** In parentheses where it is negative, as a factor of a product. */
export function texFactor(value: number, digits = 4): string {
  return value < 0 ? `(${texNumber(value, digits)})` : texNumber(value, digits);
}

const COUNTS = new Intl.NumberFormat("en");

export function formatCount(value: number): string {
  return COUNTS.format(value);
}

/** 0.9276 as 92.8%. */
export function formatPart(value: number): string {
  return `${(100 * value).toFixed(1)}%`;
}

/** The name of a descriptor or setting as words. */
export function words(name: string): string {
  return name.replace(/[_-]/g, " ");
}
