/** The recipe as TOML: changes elsewhere on the page show here, and changes here show everywhere. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { SelectField } from "../layout/fields";
import { takeToml } from "../state/actions";
import { catalog } from "../state/engine";
import { announce, messageOf } from "../state/notices";
import { toml } from "../state/session";
import { openRecipe } from "../take_along/opening";

export function RecipeTab() {
  const text = useSignal(toml.value);
  const base = useSignal(toml.value);
  const message = useSignal<string | null>(null);
  const current = toml.value;
  useEffect(() => {
    // What the reader wrote and has not applied stays.
    if (text.value === base.value || text.value === current) text.value = current;
    base.value = current;
  }, [current]);
  const changed = text.value !== current;

  const apply = async () => {
    try {
      await takeToml(text.value);
      message.value = null;
      announce("The recipe is applied.");
    } catch (error) {
      message.value = messageOf(error);
    }
  };
  const load = async (name: string) => {
    const found = catalog.value?.recipes.find((one) => one.name === name);
    if (!found) return;
    try {
      await openRecipe(found.toml);
      text.value = toml.value;
      message.value = null;
    } catch (error) {
      message.value = messageOf(error);
    }
  };

  return (
    <div class="recipe-tab">
      <div class="recipe-side">
        <SelectField
          label="Built-in recipes"
          value=""
          choices={[{ value: "", text: "Open one…" }, ...(catalog.value?.recipes ?? []).map(({ name, title }) => ({ value: name, text: `${name}: ${title}` }))]}
          onValue={(name) => name && void load(name)}
        />
        <p class="hint">The same text runs with <code>pellucid run recipe.toml</code> and in Python.</p>
      </div>
      <div class="recipe-main">
        <label for="recipe-text">Recipe</label>
        <textarea
          id="recipe-text"
          spellcheck={false}
          autocomplete="off"
          rows={22}
          value={text.value}
          aria-invalid={message.value !== null}
          aria-describedby="recipe-message"
          onInput={(event) => (text.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void apply();
          }}
        />
        <div id="recipe-message" role="alert">
          {message.value && <pre class="field-error">{message.value}</pre>}
        </div>
        <div class="row">
          <button type="button" class="button primary" disabled={!changed} onClick={() => void apply()}>
            Apply <kbd>Ctrl</kbd> <kbd>Enter</kbd>
          </button>
          <button
            type="button"
            class="button"
            disabled={!changed}
            onClick={() => {
              text.value = current;
              message.value = null;
            }}
          >
            Discard my changes
          </button>
        </div>
      </div>
    </div>
  );
}
