/** The settings of a set that the engine makes: what the set itself has, the part held out for the test, and the seed. */

import { words } from "../appearance/numbers";
import { IconButton, NumberField, SliderField } from "../layout/fields";
import { makeData } from "../state/actions";
import { catalog } from "../state/engine";
import type { DataRequest, Setting } from "../worker/contract";

export function MadeSettings({ request }: { request: DataRequest }) {
  const set = catalog.value?.dataSets.find((one) => one.name === request.name);
  if (!set) return null;
  const own = set.settings.filter((setting) => setting.kind === "number" || setting.kind === "integer");
  const change = (name: string, value: number | undefined) => void makeData({ ...request, [name]: value }, "kept");
  const value = (name: string) => (request as unknown as Record<string, number | undefined>)[name];
  return (
    <div class="made-settings">
      {own.filter((setting) => setting.name !== "seed").map((setting) => (
        <SettingSlider key={setting.name} setting={setting} value={value(setting.name)} onValue={(number) => change(setting.name, number)} />
      ))}
      {own.some((setting) => setting.name === "seed") && (
        <div class="seed-row">
          <NumberField label="Seed" value={request.seed ?? Number(own.find((one) => one.name === "seed")?.default ?? 0)} minimum={0} step={1} onValue={(seed) => change("seed", seed)} />
          <IconButton icon="reset" label="Draw anew with the next seed" onPress={() => change("seed", (request.seed ?? Number(own.find((one) => one.name === "seed")?.default ?? 0)) + 1)} />
        </div>
      )}
    </div>
  );
}

/** A slider over a larger range is too coarse. */
const MOST_ON_A_SLIDER = 5000;

const NAMES: Record<string, string> = { test_fraction: "Held out for the test", samples: "Points" };

function SettingSlider({ setting, value, onValue }: { setting: Setting; value: number | undefined; onValue(value: number): void }) {
  const label = NAMES[setting.name] ?? words(setting.name).replace(/^./, (first) => first.toUpperCase());
  const shown = value ?? Number(setting.default ?? setting.minimum ?? 0);
  const { minimum, maximum } = setting;
  if (minimum === undefined || maximum === undefined || maximum > MOST_ON_A_SLIDER) {
    return <NumberField label={label} value={shown} minimum={minimum} maximum={maximum} step={setting.kind === "integer" ? 1 : "any"} onValue={(number) => number !== undefined && onValue(number)} />;
  }
  const whole = setting.kind === "integer";
  const step = whole ? Math.max(1, Math.round((maximum - minimum) / 100)) : (maximum - minimum) / 100;
  return (
    <SliderField
      label={label}
      value={shown}
      minimum={minimum}
      maximum={maximum}
      step={Number(step.toPrecision(3))}
      written={(number) => (setting.name === "test_fraction" ? `${Math.round(number * 100)}%` : String(Number(number.toPrecision(3))))}
      onValue={onValue}
    />
  );
}
