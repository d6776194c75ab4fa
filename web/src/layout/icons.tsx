/** Icons as paths of 20 by 20. They say nothing to screen readers: the control around them has a name. */

const PATHS = {
  play: "M6 3.5v13l11-6.5z",
  pause: "M5 3.5h3.5v13H5zM11.5 3.5H15v13h-3.5z",
  step: "M4 4v12l8-6zM13.5 4H16v12h-2.5z",
  epoch: "M2.5 4v12l7-6zM9.5 4v12l7-6zM16.5 4H18v12h-1.5z",
  back: "M16 4v12l-8-6zM6.5 4H4v12h2.5z",
  reset: "M10 3a7 7 0 1 0 7 7h-2a5 5 0 1 1-5-5c1.4 0 2.6.6 3.5 1.5L11 9h6V3l-2 2a7 7 0 0 0-5-2z",
  plus: "M9 4h2v5h5v2h-5v5H9v-5H4V9h5z",
  minus: "M4 9h12v2H4z",
  close: "M5.4 4 10 8.6 14.6 4 16 5.4 11.4 10l4.6 4.6-1.4 1.4L10 11.4 5.4 16 4 14.6 8.6 10 4 5.4z",
  share: "M14 2a3 3 0 0 0-2.9 3.7L7 8a3 3 0 1 0 0 4l4.1 2.3A3 3 0 1 0 12 12.6L7.9 10.3v-.6L12 7.4A3 3 0 1 0 14 2z",
  open: "M2 4h6l2 2h8v2H4.6L2 15zM5.5 9.5H19L16.5 16H3z",
  lessons: "M10 3 1 7l9 4 7-3.1V14h2V7zM4 10.6V14c0 1.5 2.7 3 6 3s6-1.5 6-3v-3.4l-6 2.7z",
  help: "M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16zm-.9 11h1.9v1.9H9.1zM10 5.2c1.9 0 3.1 1.2 3.1 2.7 0 2.1-2.1 2.2-2.1 3.9H9.1c0-2.5 2-2.5 2-3.8 0-.6-.4-1-1.1-1s-1.2.5-1.2 1.2H6.9c0-1.8 1.2-3 3.1-3z",
  paste: "M7 2h6v2h3v14H4V4h3zM8.500 3.500v2h3v-2zM6.500 8v1.500h7V8zM6.500 11v1.500h7V11zM6.500 14v1.500h4V14z",
  draw: "M13.5 2.5 17.5 6.5 7 17H3v-4zM12 6.8 13.2 8",
  table: "M2 3h16v14H2zM4 7v3h5V7zM11 7v3h5V7zM4 12v3h5v-3zM11 12v3h5v-3z",
  warning: "M10 2 1 18h18zM9 8h2v5H9zM9 14.5h2v2H9z",
  good: "M8 15.5 2.5 10 4 8.5l4 4L16 4.500 17.500 6z",
  theme: "M10 2a8 8 0 1 0 0 16zm0 2v12a6 6 0 0 0 0-12z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path fill-rule="evenodd" d={PATHS[name]} />
    </svg>
  );
}
