/** The parts of the page below the network, one at a time. */

import type { ComponentType } from "preact";
import { useRef } from "preact/hooks";
import { RaceTab } from "../compare/race_tab";
import { LayersTab } from "../inspect/layers_tab";
import { SeeThrough } from "../inspect/see_through";
import { SettingsTab } from "../network/settings_tab";
import { RecipeTab } from "../recipe/editor";
import { tab, type Tab } from "../state/session";
import { TakeTab } from "../take_along/tab";

const TABS: { id: Tab; title: string; content: ComponentType }[] = [
  { id: "see", title: "See through", content: SeeThrough },
  { id: "settings", title: "Settings", content: SettingsTab },
  { id: "recipe", title: "Recipe", content: RecipeTab },
  { id: "layers", title: "Diagnosis", content: LayersTab },
  { id: "race", title: "Race", content: RaceTab },
  { id: "take", title: "Take along", content: TakeTab },
];

export function Tabs() {
  const list = useRef<HTMLDivElement>(null);
  const current = TABS.find(({ id }) => id === tab.value) ?? TABS[0]!;
  const move = (event: KeyboardEvent) => {
    const at = TABS.indexOf(current);
    const next = { ArrowRight: (at + 1) % TABS.length, ArrowLeft: (at + TABS.length - 1) % TABS.length, Home: 0, End: TABS.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    tab.value = TABS[next]!.id;
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
  };
  const Content = current.content;
  return (
    <section class="panel tabs" aria-label="Details">
      <div class="tab-list" role="tablist" aria-label="Details" ref={list} onKeyDown={move}>
        {TABS.map(({ id, title }) => (
          <button key={id} type="button" role="tab" id={`tab-${id}`} aria-selected={id === current.id} aria-controls="tab-panel" tabIndex={id === current.id ? 0 : -1} onClick={() => (tab.value = id)}>
            {title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${current.id}`} tabIndex={0}>
        <Content />
      </div>
    </section>
  );
}
