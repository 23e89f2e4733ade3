// All terminals, live: who is connected, how far the numbers reach.

import { html, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Name, Title } from "/static/shared/parts.js";
import { t } from "/static/shared/texts.js";
import { EnrolDialog } from "./enrol.js";
import { Bar, LineOf, StateChip, clockOf, forecast } from "./desk-parts.js";

const GONE = ["replaced", "retired", "revoked"];

export function Desks({ now }) {
  const [adding, setAdding] = useState(false);
  const [there, gone] = [false, true].map((ended) =>
    now.desks.filter((desk) => GONE.includes(desk.state) === ended),
  );
  return html`<section class="stack">
    <header class="row apart">
      <${Title}>${t("nav-terminals")}<//>
      <button class="button first" onClick=${() => setAdding(true)}>${t("desks-add")}</button>
    </header>
    <p class="quiet" role="status">${t("desks-count", {
      all: there.length,
      live: there.filter((desk) => desk.line === "live").length,
    })}</p>
    ${now.desks.length === 0 && html`<p class="empty quiet">${t("desks-none")}</p>`}
    <ul class="desks">${there.map((desk) => html`<${Entry} key=${desk.code} desk=${desk} />`)}</ul>
    ${
      gone.length > 0 &&
      html`<details class="fold">
        <summary>${t("desks-gone", { count: gone.length })}</summary>
        <ul class="desks">
          ${gone.map((desk) => html`<${Entry} key=${desk.code} desk=${desk} />`)}
        </ul>
      </details>`
    }
    ${adding && html`<${EnrolDialog} now=${now} close=${() => setAdding(false)} />`}
  </section>`;
}

function Entry({ desk }) {
  const usage = desk.usage;
  const clock = clockOf(desk);
  return html`<li class="card desk">
    <div class="row apart">
      <a class="code" href=${`#/terminals/${encodeURIComponent(desk.code)}`}>
        <${Ltr} of=${desk.code} />
      </a>
      ${desk.state !== "active" && html`<${StateChip} of=${desk.state} />`}
    </div>
    ${desk.name !== desk.code && html`<p class="quiet small"><${Name} of=${desk.name} /></p>`}
    <p class="small"><${LineOf} desk=${desk} /></p>
    ${clock && html`<p class="small alarming">${clock}</p>`}
    ${desk.waiting > 0 && html`<p class="small">${t("desk-waiting", { count: desk.waiting })}</p>`}
    ${
      usage &&
      html`<div class="range">
        <p class="row apart small">
          <span>${t("desk-left", { count: usage.remaining })}</span>
          <span class="quiet">${forecast(usage)}</span>
        </p>
        <${Bar}
          percent=${usage.percent}
          label=${t("desk-used", { percent: usage.percent, count: usage.total })}
        />
      </div>`
    }
  </li>`;
}
