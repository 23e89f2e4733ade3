// What was done with the coordinator, the newest first, and whether that record is whole.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Name, Notice, Title } from "/static/shared/parts.js";
import { moment, number, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, Form, useForm, useLook } from "../parts/forms.js";
import { dayBegins, dayEnds } from "../parts/lists.js";

const PAGE = 50;

// What acts are about, by the first part of their names, which are those of operations.
const GROUPS = [
  ...["terminals", "enrolment", "patients", "conflicts", "import", "users", "clerks", "keys"],
  ...["access", "alerts", "changes", "reports", "system", "console", "audit"],
];
const groupOf = (act) => {
  const group = GROUPS.find((one) => act.startsWith(`${one}.`));
  return t(`audit-of-${group ?? "system"}`);
};

const OUTCOMES = ["", "done", "refused"];
const EVERYTHING = { who: "", act: "", about: "", first: "", last: "", outcome: "" };

function query(values, many) {
  const wanted = new URLSearchParams({ page_size: many });
  for (const name of ["who", "act", "about", "outcome"]) {
    const text = values[name].trim();
    if (text) wanted.set(name, text);
  }
  if (values.first) wanted.set("since", dayBegins(values.first));
  if (values.last) wanted.set("until", dayEnds(values.last));
  return wanted;
}

export function Audit() {
  const { values, field, fault, look } = useForm(EVERYTHING, useLook());
  const [shown, setShown] = useState(PAGE);
  const [found, setFound] = useState(null);
  const [check, setCheck] = useState(null);
  const read = (many) =>
    look(async () => {
      setFound(await ask("GET", `/api/audit/?${query(values, many)}`));
      setShown(many);
    });
  useEffect(() => {
    read(PAGE);
    ask("GET", "/api/audit/check/").then(setCheck, () => {});
  }, []);
  const wrong = check && (!check.is_whole || check.unlike_desks !== null);
  return html`<section class="stack">
    <${Title}>${t("nav-audit")}<//>
    ${
      check &&
      html`<${Notice} kind=${wrong ? "bad" : ""}>
        ${wrong ? t("audit-broken") : t("audit-whole", { count: number(check.entries) })}
      <//>`
    }
    <${Form} act=${() => read(PAGE)} class="filters">
      <${Field} id="audit-who" label=${t("audit-who")} ...${field("who")} dir="auto" />
      <${Field} id="audit-act" label=${t("audit-act")} ...${field("act")}>
        <option value="">${t("audit-outcome-any")}</option>
        ${GROUPS.map((one) => html`<option value=${one}>${t(`audit-of-${one}`)}</option>`)}
      <//>
      <${Field}
        id="audit-about"
        label=${t("audit-about")}
        ...${field("about")}
        class="ltr-field"
      />
      <${Field} id="audit-first" label=${t("looked-first")} type="date" ...${field("first")} />
      <${Field} id="audit-last" label=${t("looked-last")} type="date" ...${field("last")} />
      <${Field} id="audit-outcome" label=${t("audit-outcome")} ...${field("outcome")}>
        ${OUTCOMES.map(
          (one) => html`<option value=${one}>${t(`audit-outcome-${one || "any"}`)}</option>`,
        )}
      <//>
      <button class="button first" type="submit">${t("audit-show")}</button>
    <//>
    <${Fault} of=${fault} />
    ${found?.results.length === 0 && html`<p class="quiet">${t("looked-none")}</p>`}
    <ul class="entries">
      ${(found?.results ?? []).map(
        (entry) => html`<li key=${entry.number} class="card entry">
          <div class="main">
            <strong>${groupOf(entry.act)}</strong>
            <${Ltr} class="path small" of=${entry.act} />
            ${entry.about && html`<${Ltr} class="path small" of=${entry.about} />`}
            <span class="quiet small">
              <${Ltr} of=${moment(entry.at)} />${entry.who && html` · <${Name} of=${entry.who} />`}
              ${entry.address && html` · <${Ltr} of=${entry.address} />`}
            </span>
          </div>
          <span class=${`chip ${entry.outcome === "done" ? "good" : "bad"}`}>
            ${entry.outcome === "done" ? t("audit-done") : html`<${Ltr} of=${entry.outcome} />`}
          </span>
        </li>`,
      )}
    </ul>
    ${
      found?.count > shown &&
      html`<button class="button start" onClick=${() => read(shown + PAGE)}>
        ${t("audit-more")}
      </button>`
    }
  </section>`;
}
