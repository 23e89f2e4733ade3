// All terminals, live: who is connected, how far the numbers reach.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Name, Notice, Title } from "/static/shared/parts.js";
import { t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Bar, LineOf, StateChip, clockOf, forecast } from "./desk-parts.js";
import { EnrolDialog } from "./enrol.js";
import { Field, FormDialog, More, NeverGranted, useForm } from "../parts/forms.js";

const GONE = ["replaced", "retired", "revoked"];

export function Desks({ now }) {
  const [adding, setAdding] = useState("");
  const [there, gone] = [false, true].map((ended) =>
    now.desks.filter((desk) => GONE.includes(desk.state) === ended),
  );
  const close = () => setAdding("");
  return html`<section class="stack">
    <header class="row apart">
      <${Title}>${t("nav-terminals")}<//>
      <span class="row">
        <button class="button" onClick=${() => setAdding("without")}>${t("desks-add-without")}</button>
        <button class="button first" onClick=${() => setAdding("desk")}>${t("desks-add")}</button>
      </span>
    </header>
    <p class="quiet" role="status">${t("desks-count", {
      all: there.length,
      live: there.filter((desk) => desk.line === "live").length,
    })}</p>
    <${EnrolAgain} alarm=${now.alarms.find((one) => one.code === "enrol_again")} />
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
    ${adding === "desk" && html`<${EnrolDialog} now=${now} close=${close} />`}
    ${adding === "without" && html`<${WithoutComputer} close=${close} />`}
  </section>`;
}

// Which desks are left after the signing key was replaced; the alarm says when that is other ones.
function EnrolAgain({ alarm }) {
  const [found, setFound] = useState(null);
  const said = alarm?.text;
  useEffect(() => {
    setFound(null);
    if (said) ask("GET", "/api/signing-key/").then(setFound, () => {});
  }, [said]);
  if (!found || found.left.length === 0) return null;
  const done = found.enrolled.length;
  return html`<${Notice} kind="warn">
    <p>${t("desks-enrol-again", { done, all: done + found.left.length })}</p>
    <p class="row">
      ${found.left.map(
        (code) =>
          html`<a key=${code} href=${`#/terminals/${encodeURIComponent(code)}`}>
            <${Ltr} of=${code} />
          </a>`,
      )}
    </p>
  <//>`;
}

// A terminal whose programs register at the coordinator, with numbers of its own or without.
function WithoutComputer({ close }) {
  const form = useForm({ code: "", name: "", range: "", never: "no" });
  const { code, name, range, never } = form.values;
  const send = () => {
    const body = { code: code.trim() };
    if (name.trim()) body.name = name.trim();
    const [start, end = start] = range.trim().split("-").map(Number);
    if (range.trim()) Object.assign(body, { offline_range_start: start, offline_range_end: end });
    if (never === "yes") body.never_granted = true;
    return ask("POST", "/api/terminals/", body);
  };
  const { offline_range_start: start, offline_range_end: end, range: said } = form.faults;
  return html`<${FormDialog}
    title=${t("desks-add-without")}
    form=${form}
    send=${send}
    label=${t("form-save")}
    ready=${code.trim()}
    close=${close}
  >
    <p class="quiet">${t("without-why")}</p>
    <${Field}
      id="without-code"
      label=${t("enrol-code")}
      hint=${t("enrol-code-hint")}
      ...${form.field("code")}
      class="ltr-field"
      maxlength="50"
      autocomplete="off"
      spellcheck=${false}
    />
    <${Field}
      id="without-name"
      label=${t("enrol-name")}
      hint=${t("enrol-name-hint")}
      ...${form.field("name")}
      class="name"
      dir="auto"
      autocomplete="off"
    />
    <${Field}
      id="without-range"
      label=${t("grant-range")}
      hint=${t("without-range-hint")}
      ...${form.field("range")}
      fault=${start ?? end ?? said}
      class="ltr-field"
      autocomplete="off"
    />
    <${More}><${NeverGranted} field=${form.field("never")} /><//>
  <//>`;
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
