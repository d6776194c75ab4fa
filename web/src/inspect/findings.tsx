/** The engine's findings, in words. */

import { effect } from "@preact/signals";
import { revealDetails } from "../layout/reveal";
import { Icon } from "../layout/icons";
import { announce } from "../state/notices";
import { findings, position, tab } from "../state/session";
import type { Finding } from "../worker/contract";

export function FindingList({ findings: found }: { findings: Finding[] }) {
  if (found.length === 0) return <p class="finding-none">Nothing conspicuous was found.</p>;
  return (
    <ul class="findings">
      {found.map((finding) => (
        <li key={finding.title + finding.text} class={finding.severity}>
          <h4>
            <Icon name="warning" /> {finding.title}
          </h4>
          <p>{finding.text}</p>
          {finding.advice && <p class="advice">{finding.advice}</p>}
        </li>
      ))}
    </ul>
  );
}

/** The most severe finding in one line, under the network. */
export function FindingLine() {
  const found = findings.value;
  const order = { error: 0, warning: 1, note: 2 };
  const worst = [...found].sort((a, b) => order[a.severity] - order[b.severity])[0];
  if (!worst || (position.value?.step ?? 0) === 0) return <p class="finding-line calm">Diagnosis: {(position.value?.step ?? 0) === 0 ? "begins with the training." : "nothing conspicuous."}</p>;
  return (
    <p class={`finding-line ${worst.severity}`}>
      <Icon name="warning" />
      <button type="button" class="link-button" onClick={() => {
          tab.value = "layers";
          revealDetails();
        }}>
        {worst.title}
        {found.length > 1 ? ` and ${found.length - 1} more` : ""}
      </button>
    </p>
  );
}

let told = "";
effect(() => {
  const titles = findings.value.filter((finding) => finding.severity !== "note").map((finding) => finding.title).join(". ");
  if (titles !== told && titles !== "" && (position.peek()?.step ?? 0) > 0) announce(`Diagnosis: ${titles}`);
  told = titles;
});
