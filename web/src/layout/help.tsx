/** The help: keys, and what the page is. */

import { catalog } from "../state/engine";
import { CheckField, Dialog } from "./fields";
import { helping, KEYS, keysOn } from "./keys";

export function HelpDialog() {
  const about = catalog.value?.about;
  return (
    <Dialog title="Help" open={helping.value} onClose={() => (helping.value = false)}>
      <p>
        This page trains a multilayer perceptron with the engine of Pellucid{about ? ` ${about.version}` : ""}, in your browser: nothing leaves your computer.
        Choose or draw data, change the network, press Play, and click any unit or link to see its numbers.
      </p>
      <h3>Keys</h3>
      <dl class="keys">
        {KEYS.map(({ shown, does }) => (
          <div key={shown}>
            <dt>
              <kbd>{shown}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>←</kbd> <kbd>→</kbd>
          </dt>
          <dd>in the network: between units; in the picture: the sample before or after</dd>
        </div>
      </dl>
      <CheckField label="Use these keys" value={keysOn.value} onValue={(on) => (keysOn.value = on)} />
    </Dialog>
  );
}
