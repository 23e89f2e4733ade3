// Two records of one person: which of them stays, and which values survive.

import { html, useState } from "./vendor/htm-preact.js";
import { Mother } from "./family.js";
import { Ltr, Name } from "./parts.js";
import { Facts, shown } from "./person-facts.js";
import { labelOf } from "./person-more.js";
import { t } from "./texts.js";

// What a merge may take from the record that ends, as the API names it; besides these every
// identifier and every field of the clinic (`identifiers.passport`).
const CHOOSABLE = ["full_name", "father_name", "sex", "dob", "phone", "cnic", "address", "mother"];
// Fields that say nothing without another one, and go with it.
const COMPANIONS = { dob_estimated: "dob", name_placeholder: "full_name", birth_order: "mother" };
const GROUPS = ["identifiers", "extra"];
const AGES = ["age_years", "age_months", "age_days"];

const inGroup = (field) => GROUPS.find((group) => field.startsWith(`${group}.`));

export const valueOf = (person, field) => {
  const group = inGroup(field);
  return (group ? person[group][field.slice(group.length + 1)] : person[field]) ?? null;
};

export const labelFor = (field, fields) => {
  if (field === "mother") return t("family-mother");
  const group = inGroup(field);
  return group ? labelOf(field.slice(group.length + 1), group, fields) : t(`field-${field}`);
};

// The fields of some people that are worth a row: those that everybody has, and what any of them
// has besides.
export function fieldsOf(people) {
  const more = people.flatMap((person) =>
    GROUPS.flatMap((group) => Object.keys(person[group]).map((name) => `${group}.${name}`)),
  );
  const usual = CHOOSABLE.filter(
    (field) => field !== "mother" || people.some((person) => person.mother),
  );
  const unknown = people.some((person) => person.identity === "unconfirmed");
  return [...usual, ...(unknown ? ["identity"] : []), ...[...new Set(more)].sort()];
}

// The rows in which two people differ.
export const rowsThatDiffer = (differs) => [
  ...new Set(differs.map((field) => COMPANIONS[field] ?? field)),
];

// What is to be decided about a pair, and what comes of it. `first` is the id of the record that
// stays unless somebody chooses otherwise; `taken` are the fields whose values the other one gives.
export function useChoice({ one, other, differs }, first, taken = []) {
  const [stays, setStays] = useState(first);
  const [former, survivor] = stays === one.id ? [other, one] : [one, other];
  // Field -> the id of the record whose value was chosen. The others come from the one that stays.
  const [chosen, setChosen] = useState(() =>
    Object.fromEntries(taken.map((field) => [field, former.id])),
  );
  const from = (field) => chosen[field] ?? stays;
  const choosable = rowsThatDiffer(differs).filter(
    (field) => CHOOSABLE.includes(field) || inGroup(field),
  );
  const take = choosable.filter((field) => from(field) === former.id);
  return {
    stays,
    setStays,
    former,
    survivor,
    choosable,
    from,
    choose: (field, id) => setChosen((before) => ({ ...before, [field]: id })),
    take,
    result: merged(survivor, former, take),
  };
}

// The record that stays, with the values that it takes from the other one.
function merged(survivor, former, take) {
  const result = { ...survivor };
  for (const group of GROUPS) result[group] = { ...survivor[group] };
  for (const field of take) {
    const group = inGroup(field);
    const value = valueOf(former, field);
    if (group && value === null) delete result[group][field.slice(group.length + 1)];
    else if (group) result[group][field.slice(group.length + 1)] = value;
    else result[field] = value;
    const others = Object.keys(COMPANIONS).filter((name) => COMPANIONS[name] === field);
    for (const name of field === "dob" ? [...others, ...AGES] : others) result[name] = former[name];
  }
  return result;
}

// Which of both records stays: the one whose number counts from then on.
export const Stays = ({ choice, people }) => html`<fieldset class="field">
  <legend>${t("choose-stays")}</legend>
  <div class="choice">
    ${people.map(
      (one) => html`<label key=${one.id}>
        <input
          type="radio"
          name="stays"
          checked=${choice.stays === one.id}
          onChange=${() => choice.setStays(one.id)}
        />
        <${Ltr} of=${one.mrn ?? "–"} />
      </label>`,
    )}
  </div>
</fieldset>`;

// A value in a row of two, to be chosen where they differ.
export function Pick({ choice, person, field, children }) {
  if (!choice?.choosable.includes(field)) return children;
  return html`<label class="pick">
    <input
      type="radio"
      name=${`value-${field}`}
      aria-describedby=${`row-${field}`}
      checked=${choice.from(field) === person.id}
      onChange=${() => choice.choose(field, person.id)}
    />
    <span>${children}</span>
  </label>`;
}

// What the record that stays will say.
export const Result = ({ of: person, fields }) => html`<section class="card stack result" aria-labelledby="result">
  <h2 id="result">${t("choose-result")}</h2>
  <p class="row">
    <strong><${Name} of=${person.full_name ?? "–"} /></strong>
    <${Ltr} class="mrn" of=${person.mrn ?? "–"} />
  </p>
  <${Facts} of=${person} fields=${fields} />
  ${
    person.mother &&
    html`<p>
      <span class="quiet">${t("family-mother")}:</span> <${Mother} id=${person.mother} />
    </p>`
  }
</section>`;

// A value in a row of two.
export function Shown({ person, field }) {
  const value = valueOf(person, field);
  if (value === null || value === "") {
    return html`<span class="quiet">${t("choose-empty")}</span>`;
  }
  if (field === "mother") return html`<${Mother} id=${value} />`;
  if (field === "dob" && person.dob_estimated) {
    return t("born-about", { year: value.slice(0, 4) });
  }
  if (field === "full_name" && person.name_placeholder) {
    return html`${shown(field, value)} <span class="quiet small">${t("field-name_placeholder")}</span>`;
  }
  return shown(field, value);
}
