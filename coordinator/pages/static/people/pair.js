// Two records that may be one person's: side by side, what survives of them, and the decision.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Stays, useChoice } from "/static/shared/choosing.js";
import { Ltr, Name, Notice, Title, useGo } from "/static/shared/parts.js";
import { moment, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Decision } from "../parts/decision.js";
import { Fault, Field, useForm, useLook } from "../parts/forms.js";
import { SideBySide } from "../parts/side-by-side.js";

// `id` is ONE-OTHER, by local id. `back` is the list that they were found in, with its text.
export function Pair({ id, now, me, back }) {
  const [one, other] = id.split("-");
  const [compared, setCompared] = useState(null);
  const go = useGo();
  const { fault, look } = useLook();
  const read = () =>
    look(async () => setCompared(await ask("GET", `/api/patients/${one}/compare/${other}/`)));
  useEffect(() => {
    read();
  }, [id]);
  return html`<section class="stack">
    <p><a class="back" href=${back.href}>${back.text}</a></p>
    <${Title}>${t("duplicate-title")}<//>
    <${Fault} of=${fault} />
    ${compared && html`<${Compared} ...${{ compared, fields: now.fields, me, back, read, go }} />`}
  </section>`;
}

// The one that was registered later, and the other one.
const inOrder = ({ one, other }) =>
  one.created_at < other.created_at ? [other, one] : [one, other];

// Such a record takes part in nothing.
export const Over = ({ of: person }) =>
  (person.merged_into || person.voided) &&
  html`<${Notice} kind="warn">
    <p>
      ${t(person.voided ? "person-is-void" : "person-is-merged", { mrn: person.mrn ?? "" })}
      ${
        person.merged_into &&
        html`${" "}<a href=${`#/people/${person.merged_into}`}>${t("person-counts")}</a>`
      }
    </p>
  <//>`;

function Compared({ compared, fields, me, back, read, go }) {
  const [later, earlier] = inOrder(compared);
  const decided = compared.two_people;
  const acts = decided ? ["maybe-one"] : ["merge", "two-people"];
  const choice = useChoice(compared, earlier.id);
  const form = useForm({ act: acts[0], why: "" });
  // Somebody else may have decided meanwhile.
  const act = acts.includes(form.values.act) ? form.values.act : acts[0];
  const over = [later, earlier].some((person) => person.merged_into || person.voided);
  const deciding = me.decides_records && !over;
  const merging = deciding && act === "merge";
  const chosen = merging ? choice : undefined;
  const table = html`<${SideBySide}
    people=${[
      [t("duplicate-later"), later],
      [t("duplicate-earlier"), earlier],
    ]}
    differs=${compared.differs}
    fields=${fields}
    choice=${chosen}
  />`;
  const send = async () => {
    const why = form.values.why.trim();
    const [record, body] = {
      merge: [choice.former, { into: choice.survivor.record_id, take: choice.take, seen: compared.seen }],
      "two-people": [later, { other: earlier.record_id, seen: compared.seen }],
      "maybe-one": [later, { other: earlier.record_id }],
    }[act];
    await ask("POST", `/api/patients/${record.id}/${act}/`, { why, ...body });
  };
  const done = () => go(merging ? `#/people/${choice.survivor.id}` : back.href);
  return html`
    <${Over} of=${later} /><${Over} of=${earlier} />
    ${!me.decides_records && !over && html`<p class="quiet">${t("pair-not-yours")}</p>`}
    ${
      decided &&
      html`<${Notice} kind="warn">
        <p>${t("pair-two-people")} <bdi>${decided.why}</bdi></p>
        <p class="quiet small"><${Name} of=${decided.who} />, <${Ltr} of=${moment(decided.at)} /></p>
      <//>`
    }
    ${
      deciding
        ? html`<${Decision}
            ...${{ form, table, fields, look: read, send, done }}
            choice=${chosen}
          >
            <${Field} id="act" label=${t("conflict-what")} ...${form.field("act")}>
              ${acts.map((name) => html`<option key=${name} value=${name}>${t(`duplicate-${name}`)}</option>`)}
            <//>
            <p class="small quiet">${t(`duplicate-${act}-what`)}</p>
            ${merging && html`<${Stays} choice=${choice} people=${[later, earlier]} />`}
          <//>`
        : table
    }
  `;
}
