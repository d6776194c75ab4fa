/** Shows the link of the page. */

import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatCount } from "../appearance/numbers";
import { Dialog } from "../layout/fields";
import { announce, guard } from "../state/notices";
import { LONGEST_LINK } from "./link";
import { linkOfThePage } from "./sharing";

export const sharing = signal(false);

export function ShareDialog() {
  const link = useSignal("");
  const copied = useSignal(false);
  useEffect(() => {
    if (!sharing.value) return;
    copied.value = false;
    void guard(async () => (link.value = await linkOfThePage()));
  }, [sharing.value]);
  const copy = async () => {
    await guard(() => navigator.clipboard.writeText(link.value));
    copied.value = true;
    announce("The link is copied.");
  };
  const long = link.value.length > LONGEST_LINK;
  return (
    <Dialog title="Share this page" open={sharing.value} onClose={() => (sharing.value = false)}>
      <p>The link carries recipe, data and step behind its #, which browsers send to no server.</p>
      <label for="share-link">Link ({formatCount(link.value.length)} characters)</label>
      <textarea id="share-link" class="link-text" readOnly rows={4} value={link.value} onFocus={(event) => event.currentTarget.select()} />
      {long && (
        <p class="field-error">
          This link is longer than {formatCount(LONGEST_LINK)} characters, which some programs cut off. For data of this size, take recipe and table along as files.
        </p>
      )}
      <div class="row end">
        <button type="button" class="button primary" onClick={() => void copy()}>
          {copied.value ? "Copied" : "Copy"}
        </button>
      </div>
    </Dialog>
  );
}
