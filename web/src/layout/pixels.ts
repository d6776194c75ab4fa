/** Lengths in pixels as a style. */
export function pixels(lengths: Record<string, number>): Record<string, string> {
  return Object.fromEntries(Object.entries(lengths).map(([name, length]) => [name, `${length}px`]));
}

/** How much larger than usual the page's type is, which follows the width of the screen and the reader's settings. */
export function typeScale(): number {
  return (parseFloat(getComputedStyle(document.documentElement).fontSize) || 16) / 16;
}
