// Who looked at whom here, the newest first, by record ids, and whether that record is whole.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Known, Ltr, Name, Notice, Title } from "/static/shared/parts.js";
import { moment, number, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, Form, useAct, useForm, useLook } from "../parts/forms.js";
import { dayBegins, dayEnds } from "../parts/lists.js";

const LOOKS = "/api/looks/";
const PAGE = 50;
const NAMED = 3;
const RECORD = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

// The record of somebody who is named by number or record id.
async function recordOf(typed) {
  if (RECORD.test(typed)) return typed;
  const found = await ask("GET", `/api/patients/mrn/${encodeURIComponent(typed)}/`);
  return found.results[0].record_id;
}

async function query(values, many) {
  const wanted = new URLSearchParams({ page_size: many });
  const person = values.person.trim();
  if (person) wanted.set("record", await recordOf(person));
  if (values.who.trim()) wanted.set("who", values.who.trim());
  if (values.first) wanted.set("since", dayBegins(values.first));
  if (values.last) wanted.set("until", dayEnds(values.last));
  return wanted;
}

export function Looked() {
  const { values, field, fault, look } = useForm(
    { person: "", who: "", first: "", last: "" },
    useLook(),
  );
  const checking = useAct();
  const [shown, setShown] = useState(PAGE);
  const [found, setFound] = useState(null);
  const [check, setCheck] = useState(null);
  const read = (many) =>
    look(async () => {
      setFound(await ask("GET", `${LOOKS}?${await query(values, many)}`));
      setShown(many);
    });
  useEffect(() => {
    read(PAGE);
  }, []);
  const verify = () => checking.run(async () => setCheck(await ask("GET", `${LOOKS}check/`)));
  return html`<section class="stack">
    <${Title}>${t("nav-looked")}<//>
    <p class="quiet">${t("looked-here")}</p>
    ${
      check
        ? html`<${Notice} kind=${check.is_whole ? "" : "bad"} role="status">
          ${
            check.is_whole
              ? t("looked-whole", { count: number(check.last - check.first + 1) })
              : t("looked-broken")
          }
        <//>`
        : html`<button class="button start" disabled=${checking.busy} onClick=${verify}>
          ${t("looked-check")}
        </button>`
    }
    <${Form} act=${() => read(PAGE)} class="filters">
      <${Field}
        id="looked-person"
        label=${t("looked-person")}
        class="ltr-field"
        autocomplete="off"
        ...${field("person")}
      />
      <${Field} id="looked-who" label=${t("looked-who")} dir="auto" ...${field("who")} />
      <${Field} id="looked-first" label=${t("looked-first")} type="date" ...${field("first")} />
      <${Field} id="looked-last" label=${t("looked-last")} type="date" ...${field("last")} />
      <button class="button first" type="submit">${t("audit-show")}</button>
    <//>
    <${Fault} of=${fault || checking.fault} />
    ${found?.results.length === 0 && html`<p class="quiet">${t("looked-none")}</p>`}
    <ul class="entries">
      ${found?.results.map((entry) => html`<${Entry} key=${entry.number} entry=${entry} />`)}
    </ul>
    ${found?.unnamed > 0 && html`<p>${t("looked-unnamed", { count: found.unnamed })}</p>`}
    ${
      found?.count > shown &&
      html`<button class="button start" onClick=${() => read(shown + PAGE)}>
        ${t("audit-more")}
      </button>`
    }
  </section>`;
}

function Entry({ entry }) {
  const more = entry.records.length - NAMED;
  return html`<li class="card entry">
    <div class="main">
      <strong>${t(`looked-act-${entry.act}`)}</strong>
      ${entry.about && html`<span class="small"><${Ltr} of=${entry.about} /></span>`}
      ${
        entry.way &&
        html`<span>
          ${entry.who ? html`<${Name} of=${entry.who} />` : t("looked-somebody")}${" "}
          <${Known} of=${entry.known} />
        </span>`
      }
      ${entry.records
        .slice(0, NAMED)
        .map(
          (record) => html`<a key=${record} class="back small" href=${`#/people/${record}`}>
            <${Ltr} of=${record} />
          </a>`,
        )}
      ${more > 0 && html`<span class="small">${t("looked-others", { count: more })}</span>`}
      <span class="quiet small">
        <${Ltr} of=${moment(entry.at)} />${entry.way && html` · ${t(`looked-way-${entry.way}`)}`}
        ${entry.address && html` · <${Ltr} of=${entry.address} />`}
      </span>
    </div>
    ${
      entry.people > 0 &&
      html`<span class="chip">${t("looked-people", { count: entry.people })}</span>`
    }
  </li>`;
}
