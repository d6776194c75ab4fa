/** Fields for the settings of a descriptor. */

import { words } from "../appearance/numbers";
import { CheckField, NumberField, SelectField, TextField } from "../layout/fields";
import type { Setting, SettingValue } from "../worker/contract";

interface SettingFieldsProps {
  settings: Setting[];
  values: Record<string, unknown>;
  /** Undefined where the reader empties a field: the engine's default counts then. */
  onValue(name: string, value: SettingValue | undefined): unknown;
}

export function SettingFields({ settings, values, onValue }: SettingFieldsProps) {
  return (
    <>
      {settings.map((setting) => (
        <SettingField key={setting.name} setting={setting} value={values[setting.name]} onValue={(value) => onValue(setting.name, value)} />
      ))}
    </>
  );
}

/** Begins with a capital, unless it begins with a symbol. */
function sentence(text: string): string {
  return /^[a-z]{2}|^a /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

function SettingField({ setting, value, onValue }: { setting: Setting; value: unknown; onValue(value: SettingValue | undefined): unknown }) {
  const label = words(setting.name).replace(/^./, (first) => first.toUpperCase());
  const hint = sentence(setting.summary) || undefined;
  if (setting.kind === "boolean") {
    const on = typeof value === "boolean" ? value : setting.default === true;
    return <CheckField label={label} hint={hint} value={on} onValue={(next) => onValue(next === (setting.default === true) ? undefined : next)} />;
  }
  if (setting.kind === "choice") {
    const shown = typeof value === "string" ? value : String(setting.default ?? setting.choices?.[0] ?? "");
    if (!setting.choices) return <TextField label={label} hint={hint} value={shown} onValue={(next) => onValue(next.trim() === "" || next === setting.default ? undefined : next.trim())} />;
    const choices = setting.choices.map((name) => ({ value: name, text: words(name) }));
    return <SelectField label={label} hint={hint} value={shown} choices={choices} onValue={(next) => onValue(next === setting.default ? undefined : next)} />;
  }
  return (
    <NumberField
      label={label}
      hint={hint}
      value={typeof value === "number" ? value : undefined}
      placeholder={setting.default === undefined ? undefined : String(setting.default)}
      minimum={setting.minimum}
      maximum={setting.maximum}
      step={setting.kind === "integer" ? 1 : "any"}
      onValue={onValue}
    />
  );
}
