/** Labelled form controls. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icons";

interface Labelled {
  label: string;
  hint?: string | undefined;
  /** The label is for screen readers only. */
  quiet?: boolean;
}

function Field(props: Labelled & { id: string; class?: string; children: ComponentChildren }) {
  return (
    <div class={`field ${props.class ?? ""}`}>
      <label for={props.id} class={props.quiet ? "unseen" : undefined}>
        {props.label}
      </label>
      {props.children}
      {props.hint && (
        <p class="hint" id={`${props.id}-hint`}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

const describedBy = (id: string, hint: string | undefined) => (hint ? `${id}-hint` : undefined);

interface NumberFieldProps extends Labelled {
  value: number | undefined;
  /** Called with a finite number once the reader is done with it; undefined where the field was emptied. False refuses it. */
  onValue(value: number | undefined): unknown;
  minimum?: number | undefined;
  maximum?: number | undefined;
  step?: number | "any";
  placeholder?: string | undefined;
}

/** A number that counts once the reader leaves the field or presses Enter. */
export function NumberField(props: NumberFieldProps) {
  const id = useId();
  const shown = props.value === undefined ? "" : String(props.value);
  const [text, setText] = useState(shown);
  const committed = useRef(shown);
  const reset = () => {
    committed.current = shown;
    setText(shown);
  };
  useEffect(reset, [shown]);
  const commit = async () => {
    if (text === committed.current) return;
    committed.current = text;
    const value = text.trim() === "" ? undefined : Number(text);
    const isNumber = value === undefined || Number.isFinite(value);
    if (!isNumber || (await props.onValue(value)) === false) reset();
  };
  return (
    <Field {...props} id={id}>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        value={text}
        min={props.minimum}
        max={props.maximum}
        step={props.step ?? "any"}
        placeholder={props.placeholder}
        aria-describedby={describedBy(id, props.hint)}
        onInput={(event) => setText(event.currentTarget.value)}
        onChange={() => void commit()}
        onBlur={() => void commit()}
      />
    </Field>
  );
}

interface SliderFieldProps extends Labelled {
  value: number;
  minimum: number;
  maximum: number;
  step: number;
  /** The value in words. */
  written(value: number): string;
  onValue(value: number): void;
}

/** A slider that keeps up with the pointer, however long what follows takes. */
export function SliderField(props: SliderFieldProps) {
  const id = useId();
  const [value, setValue] = useState(props.value);
  useEffect(() => setValue(props.value), [props.value]);
  const shown = props.written(value);
  return (
    <Field {...props} id={id} class="slider-field">
      <output for={id}>{shown}</output>
      <input
        id={id}
        type="range"
        min={props.minimum}
        max={props.maximum}
        step={props.step}
        value={value}
        aria-valuetext={shown}
        aria-describedby={describedBy(id, props.hint)}
        onInput={(event) => {
          const next = Number(event.currentTarget.value);
          setValue(next);
          props.onValue(next);
        }}
      />
    </Field>
  );
}

export interface Choice {
  value: string;
  text: string;
  group?: string;
}

interface SelectFieldProps extends Labelled {
  value: string;
  choices: Choice[];
  onValue(value: string): void;
}

export function SelectField(props: SelectFieldProps) {
  const id = useId();
  const groups = [...new Set(props.choices.map((choice) => choice.group ?? ""))];
  const options = (group: string) =>
    props.choices
      .filter((choice) => (choice.group ?? "") === group)
      .map((choice) => (
        <option key={choice.value} value={choice.value} selected={choice.value === props.value}>
          {choice.text}
        </option>
      ));
  return (
    <Field {...props} id={id}>
      <select
        id={id}
        value={props.value}
        aria-describedby={describedBy(id, props.hint)}
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (value !== props.value) props.onValue(value);
          event.currentTarget.value = props.value;
        }}
      >
        {groups.map((group) => (group === "" ? options("") : <optgroup label={group}>{options(group)}</optgroup>))}
      </select>
    </Field>
  );
}

export function CheckField(props: { label: string; value: boolean; hint?: string | undefined; onValue(value: boolean): void }) {
  const id = useId();
  return (
    <div class="field check">
      <input
        id={id}
        type="checkbox"
        checked={props.value}
        aria-describedby={describedBy(id, props.hint)}
        onChange={(event) => props.onValue(event.currentTarget.checked)}
      />
      <label for={id}>{props.label}</label>
      {props.hint && (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

export function TextField(props: Labelled & { value: string; placeholder?: string; suggestions?: string[]; onValue(value: string): void }) {
  const id = useId();
  return (
    <Field {...props} id={id}>
      <input
        id={id}
        type="text"
        value={props.value}
        placeholder={props.placeholder}
        list={props.suggestions ? `${id}-list` : undefined}
        spellcheck={false}
        aria-describedby={describedBy(id, props.hint)}
        onChange={(event) => props.onValue(event.currentTarget.value)}
      />
      {props.suggestions && (
        <datalist id={`${id}-list`}>
          {props.suggestions.map((one) => (
            <option value={one} />
          ))}
        </datalist>
      )}
    </Field>
  );
}

interface IconButtonProps {
  icon: IconName;
  label: string;
  onPress(): void;
  disabled?: boolean | undefined;
  pressed?: boolean | undefined;
  class?: string;
  /** Shows the label beside the icon. */
  labelled?: boolean;
  keys?: string;
}

export function IconButton(props: IconButtonProps) {
  return (
    <button
      type="button"
      class={`button ${props.labelled ? "" : "icon-only"} ${props.class ?? ""}`}
      aria-label={props.labelled ? undefined : props.label}
      aria-pressed={props.pressed}
      aria-keyshortcuts={props.keys}
      title={props.keys ? `${props.label} (${props.keys})` : props.label}
      disabled={props.disabled}
      onClick={props.onPress}
    >
      <Icon name={props.icon} />
      {props.labelled && <span>{props.label}</span>}
    </button>
  );
}

/** A dialog of the browser's own, which keeps the focus and closes with Escape. */
export function Dialog(props: { title: string; open: boolean; onClose(): void; class?: string; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    if (props.open && !element?.open) element?.showModal();
    if (!props.open && element?.open) element.close();
  }, [props.open]);
  return (
    <dialog ref={dialog} class={props.class} aria-labelledby={id} onClose={props.onClose}>
      {props.open && (
        <>
          <header>
            <h2 id={id}>{props.title}</h2>
            <IconButton icon="close" label="Close" onPress={props.onClose} />
          </header>
          <div class="dialog-body">{props.children}</div>
        </>
      )}
    </dialog>
  );
}
