// Today's work of this desk: who was registered, how many, by whom.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { get } from "/static/shared/calls.js";
import { clock, day, t } from "/static/shared/texts.js";
import {
  About,
  Known,
  Ltr,
  Name,
  SetAside,
  Status,
  Title,
  go,
  isBackKey,
  useCalm,
  useKey,
  useTurn,
} from "../parts.js";

const SHOWN_MAX = 100;

export function Today({ now }) {
  const [work, setWork] = useState(null);
  const [people, setPeople] = useState([]);
  const look = useTurn();
  const cursor = useCalm(now?.cursor);
  useKey(isBackKey, () => go("#/"));
  useEffect(() => {
    if (!now) return;
    const where = `terminal=${now.terminal}&created_from=${now.today}&created_to=${now.today}`;
    const path = `/api/patients/?page_size=${SHOWN_MAX}&${where}`;
    look(() =>
      Promise.all([get("/api/day/"), get(path)]).then(
        ([found, page]) => {
          setWork(found);
          setPeople(page.results);
        },
        () => {},
      ),
    );
  }, [cursor, now?.today]);
  return html`<section class="stack">
    <header class="row apart">
      <${Title}>
        ${t("today-title")}
        ${work && html` <span class="quiet">· <${Ltr} of=${day(work.day)} /></span>`}
      <//>
      <span class="row unprinted">
        <a class="button" href="#/sheet">${t("sheet-title")}</a>
        <button class="button" onClick=${() => window.print()}>${t("today-print")}</button>
      </span>
    </header>
    ${
      work &&
      html`<div class="tally">
      <p class="great">${t("today-count", { count: work.count })}</p>
      ${
        work.by.some((one) => one.operator) &&
        html`<ul class="row" aria-label=${t("today-by")}>
        ${work.by.map(
          (one) => html`<li key=${`${one.operator} ${one.operator_known}`} class="chip">
            ${one.operator ? html`<${Name} of=${one.operator} />` : t("today-nobody")}
            <${Known} of=${one.operator_known} />
            <strong>${one.count}</strong>
          </li>`,
        )}
      </ul>`
      }
    </div>`
    }
    ${work && work.count === 0 && html`<p class="quiet empty">${t("today-empty")}</p>`}
    <ul class="found">
      ${people.map(
        (person) => html`<li key=${person.id}>
          <a class="person" href=${`#/person/${person.id}`}>
            <${Ltr} class="quiet small time" of=${clock(person.created_at)} />
            <span class="main"><${Name} of=${person.full_name} /><${About} of=${person} /></span>
            <${SetAside} of=${person} />
            ${person.mrn_status !== "admitted" && html`<${Status} of=${person.mrn_status} />`}
            <${Ltr} class="mrn" of=${person.mrn} />
          </a>
        </li>`,
      )}
    </ul>
    ${
      work?.count > people.length &&
      people.length > 0 &&
      html`<p class="hint">${t("today-more", { count: work.count - people.length })}</p>`
    }
  </section>`;
}
