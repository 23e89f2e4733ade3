// Two people side by side: what differs is marked, in words too, and may be chosen.

import { html } from "/static/shared/vendor/htm-preact.js";
import { Pick, Shown, fieldsOf, labelFor, rowsThatDiffer } from "/static/shared/choosing.js";
import { Known, Ltr, Name } from "/static/shared/parts.js";
import { moment, t } from "/static/shared/texts.js";

// Where the record comes from; nothing of it can be chosen.
const ORIGIN = ["origin_terminal_code", "created_at", "operator"];

const nothing = () => html`<span class="quiet">${t("choose-empty")}</span>`;

// Another program may have registered somebody without saying who it was.
function Origin({ person, field }) {
  const value = person[field];
  if (!value) return nothing();
  if (field === "created_at") return html`<${Ltr} of=${moment(value)} />`;
  if (field === "operator") {
    return html`<${Name} of=${value} /> <${Known} of=${person.operator_known} />`;
  }
  return html`<${Ltr} of=${value} />`;
}

const Number = ({ of: person }) => html`<a href=${`#/people/${person.id}`}>
  <${Ltr} class="mrn" of=${person.mrn ?? "–"} />
</a>`;

// `people` are [title, person]; `differs` names the fields that are not alike, and `fields` are those
// of the clinic, with their labels. `choice` is what is to be chosen, see `useChoice`; `taken` are
// fields whose values somebody wants from the first one.
export function SideBySide({ people, differs, fields, choice, taken = [] }) {
  const there = people.filter(([, person]) => person);
  const marked = there.length > 1 ? rowsThatDiffer(differs) : [];
  const row = (field, label, cell) => html`<tr key=${field} class=${marked.includes(field) ? "differs" : ""}>
    <th scope="row" id=${`row-${field}`}>
      ${label}
      ${marked.includes(field) && html`<span class="chip bad">${t("person-differs")}</span>`}
    </th>
    ${there.map(([title, person], at) => html`<td key=${title}>${cell(person, at)}</td>`)}
  </tr>`;
  return html`<div class="scrolls" role="region" tabindex="0" aria-label=${t("person-compared")}>
    <table class="compared">
      <thead>
        <tr>
          <th scope="col"><span class="unseen">${t("person-field")}</span></th>
          ${there.map(([title]) => html`<th scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${row("mrn", t("person-mrn"), (person) => html`<${Number} of=${person} />`)}
        ${fieldsOf(there.map(([, person]) => person)).map((field) =>
          row(
            field,
            labelFor(field, fields),
            (person, at) => html`<${Pick} ...${{ choice, person, field }}>
              <${Shown} ...${{ person, field }} />
              ${
                at === 0 &&
                taken.includes(field) &&
                html`${" "}<span class="chip good">${t("person-taken")}</span>`
              }
            <//>`,
          ),
        )}
        ${ORIGIN.map((field) =>
          row(
            field,
            t(`person-${field}`),
            (person) => html`<${Origin} ...${{ person, field }} />`,
          ),
        )}
      </tbody>
    </table>
  </div>`;
}
