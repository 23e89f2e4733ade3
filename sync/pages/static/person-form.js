// The fields of a person, in a new form and in a correction.

import { html } from "./vendor/htm-preact.js";
import { day, t } from "./texts.js";
import { isNastaliq } from "./parts.js";
import { ascii, born, cnic, phone, reform } from "./typed.js";

export const NAMES = ["full_name", "father_name", "sex", "born", "phone", "cnic", "address"];
const SEXES = ["F", "M", "O"];
const MAX = { full_name: 200, father_name: 200, born: 20, phone: 30, cnic: 15, address: 500 };
const FORMS = { phone, cnic, born: ascii };
const AGES = ["dob", "dob_estimated", "age_years", "age_months", "age_days"];

export const EMPTY = Object.fromEntries(NAMES.map((name) => [name, ""]));

// The fields of a person as a form has them. What stands for a name is not one to begin with.
export const formOf = (person) =>
  Object.fromEntries(
    NAMES.map((name) => {
      if (name === "full_name" && person.name_placeholder) return [name, ""];
      const text = (name === "born" ? person.dob : person[name]) ?? "";
      return [name, name in FORMS ? FORMS[name](text) : text];
    }),
  );

// What the API is sent for a form: all that is filled, or what differs from `before`.
export function bodyOf(form, before = EMPTY) {
  const body = {};
  for (const name of NAMES) {
    const text = form[name].trim();
    if (text === before[name].trim()) continue;
    if (name === "born" && text) Object.assign(body, born(text) ?? { dob: text });
    else body[name === "born" ? "dob" : name] = text || null;
  }
  return body;
}

// Sentences of the API about a field -> texts of the page.
const SENTENCES = [
  [/^this field is required/, "fault-required"],
  [/^is still a placeholder/, "fault-placeholder"],
  [/^must have a letter/, "fault-letter"],
  [/^control characters/, "fault-control"],
  [/^must be a date/, "fault-born"],
  [/^is not a day of the calendar/, "fault-no-day"],
  [/^lies in the future/, "fault-future"],
  [/years back$/, "fault-old"],
  [/^must have 7 to 15 digits/, "fault-phone"],
  [/^must have the form/, "fault-form"],
  [/^must be one of/, "fault-choice"],
  [/^must be an address/, "fault-email"],
  [/^must be a number/, "fault-number"],
  [/^must be #####-#######-#/, "fault-cnic"],
  [/longer than|at most/, "fault-long"],
];

// Field of the form -> what is wrong with it, in the clerk's words.
export function inWords(faults) {
  const found = {};
  for (const [name, sentence] of Object.entries(faults)) {
    const known = SENTENCES.find(([pattern]) => pattern.test(sentence));
    found[AGES.includes(name) ? "born" : name] = known ? t(known[1]) : sentence;
  }
  return found;
}

// What can be seen without asking the desk's program: fields that are empty, and a birth that says
// nothing.
export function faultsOf(form, required) {
  const found = {};
  for (const name of required) {
    const field = name === "dob" ? "born" : name;
    if (!form[field]?.trim()) found[field] = t("fault-required");
  }
  if (form.born.trim() && born(form.born) === null) found.born = t("fault-born");
  return found;
}

// Put the cursor into the first field with a mistake.
export function focusFault(faults) {
  const names = [...NAMES, ...Object.keys(faults)];
  const first = names.find((name) => faults[name]);
  const field = first && document.getElementById(`field-${first.replace(".", "-")}`);
  if (!field) return;
  (first === "sex" ? field.querySelector("input") : field).focus();
}

const KEYBOARDS = { phone: "tel", cnic: "numeric" };

function Text({ name, form, change, faults, may, hint, frozen }) {
  const fault = faults[name];
  const isName = ["full_name", "father_name", "address"].includes(name);
  const typed = (event) =>
    change(name, FORMS[name] ? reform(event.target, FORMS[name]) : event.target.value);
  const script = isName ? `name ${isNastaliq(form[name]) ? "nastaliq" : ""}` : "ltr-field";
  return html`<div class=${`field of-${name}`}>
    <label for=${`field-${name}`}>
      ${t(`field-${name}`)}${may && html` <span class="may">· ${t("may")}</span>`}
    </label>
    <input
      id=${`field-${name}`}
      class=${`input ${script}`}
      dir=${isName ? (form[name] ? "auto" : undefined) : "ltr"}
      value=${form[name]}
      onInput=${typed}
      maxlength=${MAX[name]}
      readonly=${frozen}
      inputmode=${KEYBOARDS[name]}
      autocomplete="off"
      autocapitalize=${isName ? "words" : "off"}
      spellcheck=${false}
      aria-invalid=${fault ? "true" : undefined}
      aria-describedby=${fault || hint ? `about-${name}` : undefined}
      aria-required=${may ? undefined : "true"}
    />
    ${
      (fault || hint) &&
      html`<p class=${fault ? "fault" : "hint"} id=${`about-${name}`}>${fault || hint}</p>`
    }
  </div>`;
}

function Sex({ form, change, faults, may, frozen }) {
  const keyed = (event) => {
    // By the place of the key too, because an Urdu keyboard has other letters there.
    const typed = [event.key.toUpperCase(), event.code.replace("Key", "")];
    const sex = typed.find((one) => SEXES.includes(one));
    if (!frozen && sex && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      change("sex", sex);
      // Tab goes on from the one that is chosen.
      event.currentTarget.querySelector(`[value="${sex}"]`).focus();
    }
  };
  return html`<fieldset class="field of-sex" id="field-sex" onKeyDown=${keyed}>
    <legend>
      ${t("field-sex")}${may && html` <span class="may">· ${t("may")}</span>`}
    </legend>
    <div class="choice" data-wrong=${faults.sex ? "" : undefined}>
      ${SEXES.map(
        (sex) => html`<label key=${sex}>
          <input
            type="radio"
            name="sex"
            value=${sex}
            checked=${form.sex === sex}
            disabled=${frozen}
            onChange=${() => change("sex", sex)}
            aria-describedby=${faults.sex ? "about-sex" : undefined}
          />
          ${t(`sex-${sex}`)}
        </label>`,
      )}
    </div>
    ${faults.sex && html`<p class="fault" id="about-sex">${faults.sex}</p>`}
  </fieldset>`;
}

// What the desk's program will understand of an age or a day of birth.
function understood(text, today) {
  const found = text.trim() ? born(text) : null;
  if (found === null) return t("born-hint");
  if (found.dob && !found.dob_estimated) {
    const known = !Number.isNaN(new Date(`${found.dob}T00:00:00`).getTime());
    return known ? t("born-on", { day: day(found.dob) }) : t("born-hint");
  }
  if (found.dob) return t("born-about", { year: found.dob.slice(0, 4) });
  const [unit, count] = Object.entries(found)[0];
  const then = new Date(`${today}T00:00:00`);
  if (unit === "age_years") then.setFullYear(then.getFullYear() - count);
  if (unit === "age_months") then.setMonth(then.getMonth() - count);
  if (unit === "age_days") then.setDate(then.getDate() - count);
  const old = t(unit.replace("_", "-"), { count });
  return `${old} · ${t("born-about", { year: String(then.getFullYear()) })}`;
}

export function Fields({ form, change, faults, required, today, frozen = false }) {
  const may = (name) => !required.includes(name === "born" ? "dob" : name);
  const field = (name, hint) =>
    html`<${Text} ...${{ name, form, change, faults, hint, may: may(name), frozen }} />`;
  return html`<div class="fields">
    ${field("full_name")} ${field("father_name")}
    <${Sex} ...${{ form, change, faults, may: may("sex"), frozen }} />
    ${field("born", understood(form.born, today))} ${field("phone")} ${field("cnic")}
    ${field("address")}
  </div>`;
}
