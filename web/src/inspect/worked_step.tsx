/** The worked step: the page that `pellucid explain` writes, in a frame that can do nothing but show it. */

import { signal } from "@preact/signals";
import { Dialog } from "../layout/fields";
import { engine } from "../state/engine";
import { guard } from "../state/notices";
import { run, sample } from "../state/session";

const page = signal<string | null>(null);

export async function openWorkedStep(): Promise<void> {
  const id = run.value;
  if (id === null) return;
  const html = await guard(() => engine().call("explain_page", id, sample.value));
  // The page keeps its place in the address, which a frame without an origin refuses with an error.
  if (html) page.value = html.replace("<head>", "<head><script>history.replaceState = () => undefined;</script>");
}

export function WorkedStep() {
  return (
    <Dialog title={`The whole step for sample ${sample.value + 1}`} class="wide-dialog" open={page.value !== null} onClose={() => (page.value = null)}>
      <iframe title="Worked step" sandbox="allow-scripts" srcdoc={page.value ?? ""} />
    </Dialog>
  );
}
