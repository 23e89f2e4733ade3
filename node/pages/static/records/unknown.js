// People who are not known yet, and newborns: what a form says of them, and the list of them.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Refused, get } from "/static/shared/calls.js";
import { moment, t } from "/static/shared/texts.js";
import { About, Ltr, Name, Title, go, isBackKey, useCalm, useKey, useTurn } from "../parts.js";
import { ascii } from "/static/shared/typed.js";

// How a form is marked: not at all, as somebody unknown, or as a newborn.
const UNKNOWN = "unknown";
const NEWBORN = "newborn";
const KEYS = { F2: UNKNOWN, F4: NEWBORN };
const SHOWN_MAX = 100;

export const NO_MARK = { mark: "", mother: "", birth_order: "" };

// The form, marked so; marked once more it is as before.
export function marked(form, mark, today) {
  const next = form.mark === mark ? "" : mark;
  const born = next === NEWBORN && !form.born ? today : form.born;
  // The day of birth goes with the mark that has brought it.
  return { ...form, mark: next, born: next !== NEWBORN && born === today ? "" : born };
}

// The mother whose number stands in a form; null where nobody here has it.
export async function motherOf(form) {
  const number = ascii(form.mother).trim();
  if (form.mark !== NEWBORN || !number) return undefined;
  try {
    return (await get(`/api/patients/mrn/${encodeURIComponent(number)}/`)).results[0];
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

// What stands for the name of somebody who has none yet.
function placeholder(form, mother) {
  if (form.mark === UNKNOWN) return t(`unknown-name-${form.sex || "O"}`);
  const order = form.birth_order ? "-of-several" : "";
  if (!mother) return t(`newborn-name${order}`, { order: form.birth_order });
  const of = { order: form.birth_order, mother: mother.full_name ?? mother.mrn };
  return t(`newborn-name-of-mother${order}`, of);
}

// What the API is sent of the mark of a form.
export function markBody(form, mother) {
  if (!form.mark) return {};
  return {
    identity: "unconfirmed",
    ...(mother && { mother: mother.record_id }),
    ...(form.mark === NEWBORN && form.birth_order && { birth_order: Number(form.birth_order) }),
    ...(!form.full_name.trim() && {
      full_name: placeholder(form, mother),
      name_placeholder: true,
    }),
  };
}

// The two keys that mark a form, and what is asked of a newborn besides.
export function Mark({ form, change, mark, fault, frozen }) {
  const [mother, setMother] = useState(undefined);
  useEffect(() => {
    let newest = true;
    setMother(undefined);
    motherOf(form).then(
      (found) => newest && setMother(found),
      () => {},
    );
    return () => {
      newest = false;
    };
  }, [form.mark, form.mother]);
  useKey(
    (event) => event.key in KEYS && !event.altKey && !event.ctrlKey && !event.metaKey,
    (event) => !frozen && mark(KEYS[event.key]),
  );
  const about = mother === null ? t("newborn-no-mother") : fault;
  return html`<div class="stack">
    <div class="row">
      ${Object.entries(KEYS).map(
        ([key, name]) => html`<button
          key=${key}
          type="button"
          class=${`button ${form.mark === name ? "first" : "plain"}`}
          aria-pressed=${form.mark === name ? "true" : "false"}
          disabled=${frozen}
          onClick=${() => mark(name)}
        >
          ${t(`mark-${name}`)} <kbd class="ltr">${key}</kbd>
        </button>`,
      )}
    </div>
    ${form.mark && html`<p class="hint" role="status">${t(`mark-${form.mark}-why`)}</p>`}
    ${
      form.mark === NEWBORN &&
      html`<div class="fields">
      <div class="field">
        <label for="field-mother">${t("field-mother")} <span class="may">· ${t("may")}</span></label>
        <input
          id="field-mother"
          class="input ltr-field"
          dir="ltr"
          maxlength="32"
          autocomplete="off"
          readonly=${frozen}
          value=${form.mother}
          onInput=${(event) => change("mother", event.target.value)}
          aria-invalid=${about ? "true" : undefined}
          aria-describedby="about-mother"
        />
        <p class=${about ? "fault" : "hint"} id="about-mother">
          ${about || (mother ? html`<${Name} of=${mother.full_name} />` : t("newborn-mother-why"))}
        </p>
      </div>
      <div class="field">
        <label for="field-birth_order">
          ${t("field-birth_order")} <span class="may">· ${t("may")}</span>
        </label>
        <input
          id="field-birth_order"
          class="input ltr-field"
          dir="ltr"
          maxlength="1"
          inputmode="numeric"
          autocomplete="off"
          readonly=${frozen}
          value=${form.birth_order}
          onInput=${(event) => {
            event.target.value = ascii(event.target.value).replace(/[^1-9]/g, "");
            change("birth_order", event.target.value);
          }}
          aria-describedby="about-birth_order"
        />
        <p class="hint" id="about-birth_order">${t("newborn-several")}</p>
      </div>
    </div>`
    }
  </div>`;
}

// Everybody of whom it is still not confirmed who they are.
export function UnconfirmedList({ now }) {
  const [page, setPage] = useState(null);
  const look = useTurn();
  const cursor = useCalm(now?.cursor);
  useKey(isBackKey, () => go("#/"));
  useEffect(() => {
    const path = `/api/patients/?identity=unconfirmed&page_size=${SHOWN_MAX}`;
    look(() => get(path).then(setPage, () => {}));
  }, [cursor]);
  return html`<section class="stack">
    <${Title}>${t("unconfirmed-title")}<//>
    <p class="quiet">
      ${page?.count === 0 ? t("unconfirmed-none") : t("unconfirmed-why")}
    </p>
    <ul class="found">
      ${page?.results.map(
        (person) => html`<li key=${person.id}>
          <a class="person" href=${`#/person/${person.id}`}>
            <span class="main"><${Name} of=${person.full_name} /><${About} of=${person} /></span>
            <span class="quiet small">
              ${person.created_at && html`<${Ltr} of=${moment(person.created_at)} />`}
            </span>
            <${Ltr} class="mrn" of=${person.mrn ?? "–"} />
          </a>
        </li>`,
      )}
    </ul>
    ${
      page?.count > page?.results.length &&
      html`<p class="hint">
        ${t("unconfirmed-more", { count: page.count - page.results.length })}
      </p>`
    }
  </section>`;
}
