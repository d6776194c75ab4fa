/** A formula, typeset by KaTeX, with MathML for screen readers. */

import katex from "katex";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";

export function Formula({ tex, display = false }: { tex: string; display?: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  const html = useMemo(() => katex.renderToString(tex, { displayMode: display, throwOnError: false, output: "htmlAndMathml" }), [tex, display]);
  useLayoutEffect(() => {
    // What scrolls sideways must be reached by the keyboard.
    const element = place.current;
    if (element) element.tabIndex = element.scrollWidth > element.clientWidth + 1 ? 0 : -1;
  });
  const markup = { __html: html };
  if (!display) return <span class="formula" dangerouslySetInnerHTML={markup} />;
  return <div class="formula display" ref={place} tabIndex={-1} dangerouslySetInnerHTML={markup} />;
}
