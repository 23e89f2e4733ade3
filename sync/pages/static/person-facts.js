// What is known of a person, and what happened to the record.

import { html } from "./vendor/htm-preact.js";
import { day, moment, t } from "./texts.js";
import { Known, Ltr, Name, age } from "./parts.js";
import { NAMES } from "./person-form.js";
import { MoreChanged, MoreFacts } from "./person-more.js";
import { cnic, phone } from "./typed.js";

// A value of a person as people read it. Below, `fields` are those of the clinic, with their labels.
export function shown(name, value) {
  if (value === null || value === "" || value === undefined) return null;
  if (name === "sex") return t(`sex-${value}`);
  if (name === "identity") return t(value === "confirmed" ? "identity-confirmed" : "unconfirmed");
  if (name === "dob") return html`<${Ltr} of=${day(value)} />`;
  if (["dob_estimated", "name_placeholder"].includes(name)) return value ? "✓" : "–";
  if (["mother", "birth_order"].includes(name)) return html`<${Ltr} of=${String(value)} />`;
  if (name === "phone") return html`<${Ltr} of=${phone(value)} />`;
  if (name === "cnic") return html`<${Ltr} of=${cnic(value)} />`;
  return html`<${Name} of=${value} />`;
}

export function Facts({ of: person, fields }) {
  const old = age(person);
  const born = person.dob_estimated
    ? t("born-about", { year: person.dob.slice(0, 4) })
    : shown("dob", person.dob);
  return html`<dl class="facts">
    ${NAMES.slice(1).map((name) => {
      const value =
        name === "born"
          ? born && html`${old} <span class="quiet small">· ${born}</span>`
          : shown(name, person[name]);
      return html`<div key=${name}>
        <dt>${t(`field-${name}`)}</dt>
        <dd>${value ?? html`<span class="quiet">${t("person-empty")}</span>`}</dd>
      </div>`;
    })}
    <${MoreFacts} of=${person} fields=${fields} />
  </dl>`;
}

function titleOf(entry) {
  if (entry.kind === "judged" || entry.kind === "amended") {
    return t(`history-${entry.kind}${entry.applied ? "" : "-refused"}`);
  }
  return t(`history-${entry.kind.replaceAll("_", "-")}`);
}

const MORE = ["identifiers", "extra"];
const DECISIONS = [
  "resolved",
  "merged",
  "unmerged",
  "voided",
  "unvoided",
  "two_people",
  "maybe_one",
];

// The record id of the other record that an entry is about, if it is about two.
const otherOf = (entry, record) =>
  entry.other ?? (entry.former === record ? entry.survivor : entry.former);

// `record` is the record id of the person, and `href` says where that of another one leads to.
export function History({ of: entries, fields: known, record, href }) {
  return html`<section class="history stack" aria-labelledby="history-title">
    <h2 id="history-title">${t("person-history")}</h2>
    <ol>
      ${entries.map((entry, at) => {
        const desk = entry.by.startsWith("@") ? t("history-coordinator") : entry.by;
        const fields = entry.kind === "amended" ? Object.entries(entry.fields) : [];
        return html`<li key=${at} class=${entry.applied ? "" : "refused"}>
          <p><strong>${titleOf(entry)}</strong></p>
          ${fields.map(
            ([name, value]) => MORE.includes(name)
              ? html`<${MoreChanged} key=${name} of=${value} group=${name} fields=${known} />`
              : html`<p key=${name} class="small">
              <span class="quiet">${t(`field-${name}`)}:</span> ${shown(name, value) ?? "–"}
            </p>`,
          )}
          ${DECISIONS.includes(entry.kind) &&
          html`<p class="small"><${Name} of=${entry.reason} /></p>`}
          ${otherOf(entry, record) &&
          html`<p class="small">
            <a href=${href(otherOf(entry, record))}>${t("history-other")}</a>
          </p>`}
          <p class="quiet small">
            ${entry.at && html`<${Ltr} of=${moment(entry.at)} /> · `}
            ${entry.operator
              ? t("history-by", { who: entry.operator, desk })
              : t("history-at", { desk })}
            ${" "}<${Known} of=${entry.operator_known} />
          </p>
        </li>`;
      })}
    </ol>
  </section>`;
}
