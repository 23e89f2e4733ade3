// People: finding somebody, and the record of one, with the decisions about it.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { call } from "/static/shared/calls.js";
import { Family } from "/static/shared/family.js";
import { Known, Ltr, Name, Status, Title, Unconfirmed, useCalm } from "/static/shared/parts.js";
import { Facts, History } from "/static/shared/person-facts.js";
import { moment, t } from "/static/shared/texts.js";
import { Decisions } from "./deciding.js";
import { Finder, Line } from "../parts/finding.js";
import { Fault, useLook } from "../parts/forms.js";
import { Pager, useList } from "../parts/lists.js";
import { Over, Pair } from "./pair.js";
import { actOf } from "./requests.js";

const hrefOf = (person) => `#/people/${person.id}`;

export function People({ now }) {
  const list = useList("/api/patients/?identity=unconfirmed", useCalm(now.cursor));
  return html`<section class="stack">
    <${Title}>${t("nav-people")}<//>
    <${Finder} id="find" label=${t("find-field")} href=${hrefOf}>
      <${Fault} of=${list.fault} />
      ${
        list.count > 0 &&
        html`<section class="stack" aria-labelledby="unconfirmed">
          <h2 id="unconfirmed">${t("unconfirmed")}</h2>
          <p class="quiet">${t("people-unconfirmed-why")}</p>
          <ul class="found">
            ${list.all.map(
              (person) => html`<li key=${person.id}><${Line} of=${person} href=${hrefOf(person)} /></li>`,
            )}
          </ul>
          <${Pager} list=${list} />
        </section>`
      }
    <//>
  </section>`;
}

const PAIR = /^\d+-\d+$/;
const NUMBER = "number:";

// What the address names: two records (ONE-OTHER), one by its number (number:710042), or by its id.
export function PersonOrPair({ id, ...how }) {
  if (PAIR.test(id)) {
    const back = { href: `#/people/${id.split("-")[0]}`, text: t("people-back-to-one") };
    return html`<${Pair} ...${{ id, back, ...how }} />`;
  }
  return html`<${Person} ...${{ id, ...how }} />`;
}

// The person, and which version of them it is.
async function read(id) {
  if (!id.startsWith(NUMBER)) return call("GET", `/api/patients/${encodeURIComponent(id)}/`);
  const number = encodeURIComponent(id.slice(NUMBER.length));
  const { answer } = await call("GET", `/api/patients/mrn/${number}/`);
  return call("GET", `/api/patients/${answer.results[0].id}/`);
}

function Person({ id, now, me }) {
  const [found, setFound] = useState(null);
  const { fault, look } = useLook();
  const cursor = useCalm(now.cursor);
  const again = () =>
    look(async () => {
      const { answer: person, version } = await read(id);
      const { answer } = await call("GET", `/api/patients/${person.id}/history/`);
      setFound({ person, version, history: answer.results });
    });
  useEffect(() => {
    again();
  }, [id, cursor]);
  const back = html`<p><a class="back" href="#/people">${t("nav-people")}</a></p>`;
  if (!found) {
    return html`<section class="stack">
      ${back}
      <${Title}>${t("nav-people")}<//>
      <${Fault} of=${fault} />
    </section>`;
  }
  const { person, version, history } = found;
  return html`<section class="stack">
    ${back}
    <article class="card stack">
      <header>
        <${Title}><${Name} of=${person.full_name ?? "–"} /><//>
        <p class="row">
          <${Ltr} class="mrn great" of=${person.mrn ?? "–"} />
          <${Status} of=${person.mrn_status} /> <${Unconfirmed} of=${person} />
        </p>
        ${
          person.former_mrn &&
          html`<p class="quiet small">${t("person-former", { number: person.former_mrn })}</p>`
        }
        <p class="quiet small">
          ${t("person-created_at")} <${Ltr} of=${person.created_at ? moment(person.created_at) : "–"} />
          ${person.origin_terminal_code && html` · <${Ltr} of=${person.origin_terminal_code} />`}
          ${
            person.operator &&
            html` · <${Name} of=${person.operator} /> <${Known} of=${person.operator_known} />`
          }
        </p>
      </header>
      <${Fault} of=${fault} />
      <${Over} of=${person} />
      ${
        person.mrn_status === "rejected" &&
        me.rights.includes("administer") &&
        html`<p><a href="#/conflicts">${t("people-conflicts")}</a></p>`
      }
      <${Facts} of=${person} fields=${now.fields} />
      <${Family} of=${person} cursor=${cursor} href=${hrefOf} />
      <${Decisions} ...${{ person, version, now, me, again }} />
    </article>
    ${me.decides_records && html`<${Asked} of=${person} news=${now.asked} />`}
    <${History}
      of=${history}
      fields=${now.fields}
      record=${person.record_id}
      href=${(record) => `#/people/${record}`}
    />
  </section>`;
}

// What desks ask about a record and nobody has answered.
function Asked({ of: person, news }) {
  const list = useList(`/api/requests/?open=true&patient=${person.id}`, news);
  if (!list.all?.length) return null;
  return html`<section class="stack" aria-labelledby="asked">
    <h2 id="asked">${t("people-asked")}</h2>
    <ul class="entries">
      ${list.all.map(
        (asked) => html`<li key=${asked.id} class="card entry">
          <div class="main">
            <strong>${actOf(asked)}</strong>
            <span><bdi>${asked.why}</bdi></span>
          </div>
          <a class="button" href=${`#/requests/${asked.id}`}>${t("conflict-look")}</a>
        </li>`,
      )}
    </ul>
    <${Pager} list=${list} />
  </section>`;
}
