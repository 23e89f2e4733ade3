// Two people side by side: what differs is marked, in words too.

import { html } from "/static/shared/vendor/htm-preact.js";
import { Known, Ltr, Name } from "/static/shared/parts.js";
import { day, moment, t } from "/static/shared/texts.js";

const NAMES = ["full_name", "father_name", "address"];
const FIELDS = [
  ...["mrn", "full_name", "father_name", "sex", "dob", "phone", "cnic", "address"],
  ...["origin_terminal_code", "created_at", "operator"],
];

export function Value({ person, field }) {
  const value = person[field];
  if (value === null || value === "") return html`<span class="quiet">${t("person-nothing")}</span>`;
  if (field === "sex") return t(`person-sex-${value}`);
  if (field === "dob") return html`<${Ltr} of=${day(value)} />`;
  if (field === "created_at") return html`<${Ltr} of=${moment(value)} />`;
  if (field === "operator") {
    return html`<${Name} of=${value} /> <${Known} of=${person.operator_known} />`;
  }
  if (NAMES.includes(field)) return html`<${Name} of=${value} />`;
  return html`<${Ltr} class=${field === "mrn" ? "mrn" : ""} of=${value} />`;
}

// `people` are [title, person]; `differs` names the fields that are not alike.
export function SideBySide({ people, differs }) {
  const there = people.filter(([, person]) => person);
  return html`<div class="scrolls" role="region" tabindex="0" aria-label=${t("person-compared")}>
    <table class="compared">
      <thead>
        <tr>
          <th scope="col"><span class="unseen">${t("person-field")}</span></th>
          ${there.map(([title]) => html`<th scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${FIELDS.map((field) => {
          const marked = there.length > 1 && differs.includes(field);
          return html`<tr key=${field} class=${marked ? "differs" : ""}>
            <th scope="row">
              ${t(`person-${field}`)}
              ${marked && html`<span class="chip bad">${t("person-differs")}</span>`}
            </th>
            ${there.map(
              ([title, person]) =>
                html`<td key=${title}><${Value} person=${person} field=${field} /></td>`,
            )}
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}
