// Identifiers beside the CNIC and the clinic's own fields, as the settings of the desk have them.

import { html } from "./vendor/htm-preact.js";
import { language, t } from "./texts.js";
import { Name } from "./parts.js";

// A field's place in a form, which is also the API's name for a mistake in it.
const keyOf = (field) => `${field.group}.${field.name}`;
const GROUPS = ["identifiers", "extra"];
const INPUTS = { date: "date", email: "email", telephone: "tel", number: "text" };

// The label in the settings, or the name for programs: blood_group is shown as Blood group.
export function labelOf(name, group, fields = []) {
  const field = fields.find((one) => one.name === name && one.group === group);
  const label = (language().code === "ur" && field?.label_ur) || field?.label;
  return label || name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
}

// What a form begins with: the values of a person, or nothing.
export const moreOf = (fields, person) =>
  Object.fromEntries(fields.map((one) => [keyOf(one), person?.[one.group]?.[one.name] ?? ""]));

// What the API is sent: what differs from `before`.
export function moreBody(fields, form, before = {}) {
  const body = {};
  for (const field of fields) {
    const text = (form[keyOf(field)] ?? "").trim();
    if (text === (before[keyOf(field)] ?? "").trim()) continue;
    body[field.group] = { ...body[field.group], [field.name]: text || null };
  }
  return body;
}

export function More({ fields, form, change, faults, frozen = false }) {
  if (fields.length === 0) return null;
  return html`<div class="fields">
    ${fields.map((field) => html`<${One} key=${keyOf(field)} ...${{ field, form, change, faults, frozen }} />`)}
  </div>`;
}

function One({ field, form, change, faults, frozen }) {
  const key = keyOf(field);
  const id = `field-${field.group}-${field.name}`;
  const fault = faults[key];
  const about = fault ? `${id}-about` : undefined;
  const typed = (event) => change(key, event.target.value);
  const shared = { id, "aria-invalid": fault ? "true" : undefined, "aria-describedby": about };
  return html`<div class="field">
    <label for=${id}>${labelOf(field.name, field.group, [field])} <span class="may">· ${t("may")}</span></label>
    ${
      field.kind === "choice"
        ? html`<select
            ...${shared}
            class="input"
            value=${form[key] ?? ""}
            disabled=${frozen}
            onChange=${typed}
          >
            <option value=""></option>
            ${field.choices.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}
          </select>`
        : html`<input
            ...${shared}
            class=${`input ${field.kind === "text" ? "name" : "ltr-field"}`}
            dir=${field.kind === "text" ? "auto" : "ltr"}
            type=${INPUTS[field.kind] ?? "text"}
            inputmode=${field.kind === "number" ? "decimal" : undefined}
            maxlength="200"
            autocomplete="off"
            spellcheck=${false}
            readonly=${frozen}
            value=${form[key] ?? ""}
            onInput=${typed}
          />`
    }
    ${fault && html`<p class="fault" id=${about}>${fault}</p>`}
  </div>`;
}

// All values of a person, also those that the settings here do not know.
export const MoreFacts = ({ of: person, fields }) =>
  GROUPS.flatMap((group) => Object.entries(person[group] ?? {}).map((one) => [group, ...one])).map(
    ([group, name, value]) => html`<div key=${`${group}.${name}`}>
      <dt>${labelOf(name, group, fields)}</dt>
      <dd><${Name} of=${value} /></dd>
    </div>`,
  );

// A correction of some of them, as the history shows it.
export const MoreChanged = ({ of: values, group, fields }) =>
  Object.entries(values).map(
    ([name, value]) => html`<p key=${name} class="small">
      <span class="quiet">${labelOf(name, group, fields)}:</span> ${value ? html`<${Name} of=${value} />` : "–"}
    </p>`,
  );
