// One terminal: how it stands, its numbers, and what can be done with it.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Name, Title } from "/static/shared/parts.js";
import { day, number, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { LineOf, RangeBar, StateChip, clockOf, forecast } from "./desk-parts.js";
import { EnrolDialog } from "./enrol.js";
import {
  Fault,
  Field,
  FormDialog,
  More,
  NeverGranted,
  SecretDialog,
  useAct,
  useForm,
} from "../parts/forms.js";
import { Reason } from "../parts/reasons.js";

const ENDING = ["replaced", "retired", "revoked"];

export function Desk({ id, now }) {
  const desk = now.desks.find((one) => one.code === id);
  // What is open: the name of an act, null for none.
  const [open, setOpen] = useState(null);
  const { fault, run } = useAct();
  if (!desk) {
    return html`<section class="stack">
      <p><a class="back" href="#/terminals">${t("desk-back")}</a></p>
      <${Title}>${t("desk-nowhere", { code: id })}<//>
    </section>`;
  }
  const path = `/api/terminals/${encodeURIComponent(desk.code)}/`;
  const isOver = ENDING.includes(desk.state);
  const activate = () => run(() => ask("PATCH", path, { state: "active", reason: "" }));
  const close = () => setOpen(null);
  const act = (name) => html`<button class="button" onClick=${() => setOpen(name)}>
    ${t(`desk-act-${name}`)}
  </button>`;
  return html`<section class="stack">
    <p><a class="back" href="#/terminals">${t("desk-back")}</a></p>
    <header class="row">
      <${Title}><${Ltr} of=${desk.code} /><//>
      <${StateChip} of=${desk.state} />
    </header>
    ${desk.reason && html`<p><${Reason} of=${desk.reason} fixed=${desk.reason_fixed} /></p>`}
    <${About} desk=${desk} />
    ${
      desk.has_node &&
      desk.line === "away" &&
      html`<p><a class="back" href="#/backups">${t("desk-salvage")}</a></p>`
    }
    <${Numbers} desk=${desk}>${!isOver && act("grant")}<//>
    <${Fault} of=${fault} />
    ${
      !isOver &&
      html`<section class="stack" aria-labelledby="acts">
        <h2 id="acts">${t("desk-acts")}</h2>
        <div class="row">
          ${act("enrol")} ${act("rename")}
          ${
            desk.state === "active"
              ? act("deactivate")
              : html`<button class="button" onClick=${activate}>${t("desk-act-activate")}</button>`
          }
          ${act("allow")} ${act("token")}
          ${
            desk.has_node &&
            html`<a class="button" href=${`#/sheets/${encodeURIComponent(desk.code)}`}>
              ${t("sheets-title")}
            </a>`
          }
        </div>
        <div class="row">${ENDING.map(act)}</div>
      </section>`
    }
    ${open === "enrol" && html`<${EnrolDialog} code=${desk.code} now=${now} close=${close} />`}
    ${open === "grant" && html`<${Grant} desk=${desk} path=${path} close=${close} />`}
    ${open === "rename" && html`<${Rename} desk=${desk} path=${path} close=${close} />`}
    ${open === "deactivate" && html`<${Deactivate} code=${desk.code} path=${path} close=${close} />`}
    ${open === "allow" && html`<${Allow} path=${path} close=${close} />`}
    ${open === "token" && html`<${Token} path=${path} close=${close} />`}
    ${
      ENDING.includes(open) &&
      html`<${End} desk=${desk} state=${open} path=${path} close=${close} />`
    }
  </section>`;
}

function About({ desk }) {
  const facts = [
    ["name", desk.name !== desk.code && html`<${Name} of=${desk.name} />`],
    ["line", html`<${LineOf} desk=${desk} />`],
    ["address", desk.address && html`<${Ltr} of=${desk.address} />`],
    ["version", desk.version && html`<${Ltr} of=${desk.version} />`],
    ["clock", desk.ahead_ms !== null && (clockOf(desk) || t("clock-right"))],
    ["waiting", number(desk.waiting)],
  ];
  return html`<dl class="facts card">
    ${facts.map(
      ([name, shown]) =>
        shown &&
        html`<div key=${name}>
          <dt>${t(`desk-${name}-label`)}</dt>
          <dd>${shown}</dd>
        </div>`,
    )}
  </dl>`;
}

// Its open ranges, and those of before on demand.
function Numbers({ desk, children }) {
  const [all, setAll] = useState(null);
  const show = () =>
    ask("GET", `/api/terminals/${encodeURIComponent(desk.code)}/ranges/`).then(
      (found) => setAll(found.results.filter((range) => range.closed)),
      () => {},
    );
  return html`<section class="stack" aria-labelledby="numbers">
    <header class="row apart">
      <h2 id="numbers">${t("desk-numbers")}</h2>
      ${children}
    </header>
    ${
      desk.usage &&
      html`<p class="quiet">
        ${t("desk-left", { count: desk.usage.remaining })} · ${forecast(desk.usage)} ·
        ${" "}${t("desk-rate", { count: number(desk.usage.per_day) })}
      </p>`
    }
    ${desk.ranges.length === 0 && html`<p class="quiet">${t("desk-no-ranges")}</p>`}
    <ul class="stack">
      ${desk.ranges.map(
        (range) =>
          html`<li key=${range.range} class="card tight"><${RangeBar} range=${range} /></li>`,
      )}
    </ul>
    ${
      all === null
        ? html`<button class="button plain start" onClick=${show}>${t("desk-show-closed")}</button>`
        : html`<ul class="stack">
            ${all.map(
              (range) => html`<li key=${range.range} class="card tight">
                <${RangeBar} range=${range} />
                <p class="small quiet">
                  <${Reason} of=${range.closed} fixed=${range.closed_fixed} /> ·${" "}
                  ${t("range-granted", { day: day(range.granted_at.slice(0, 10)) })}
                </p>
              </li>`,
            )}
            ${all.length === 0 && html`<li class="quiet">${t("desk-none-closed")}</li>`}
          </ul>`
    }
  </section>`;
}

const ALLOCATORS = ["node", "coordinator"];

function Grant({ desk, path, close }) {
  const form = useForm({ range: "", allocator: ALLOCATORS[0], never: "no" });
  const range = form.values.range.trim();
  const body = {};
  if (range) body.range = range;
  // A terminal without a computer has nobody but the coordinator to give its numbers.
  if (desk.has_node) body.allocator = form.values.allocator;
  if (form.values.never === "yes") body.never_granted = true;
  return html`<${FormDialog}
    title=${t("grant-title")}
    form=${form}
    send=${() => ask("POST", `${path}ranges/`, body)}
    label=${t("grant-act")}
    close=${close}
  >
    <${Field}
      id="grant-range"
      label=${t("grant-range")}
      hint=${t("grant-hint")}
      ...${form.field("range")}
      class="ltr-field"
      placeholder="710000-719999"
      autocomplete="off"
    />
    <${More}>
      ${
        desk.has_node &&
        html`<${Field} id="grant-allocator" label=${t("grant-allocator")} ...${form.field("allocator")}>
          ${ALLOCATORS.map((one) => html`<option value=${one}>${t(`grant-by-${one}`)}</option>`)}
        <//>`
      }
      <${NeverGranted} field=${form.field("never")} />
    <//>
  <//>`;
}

function Deactivate({ code, path, close }) {
  const form = useForm({ reason: "" });
  const reason = form.values.reason.trim();
  return html`<${FormDialog}
    title=${t("deactivate-title", { code })}
    form=${form}
    send=${() => ask("PATCH", path, { state: "inactive", reason })}
    label=${t("desk-act-deactivate")}
    close=${close}
  >
    <p class="quiet">${t("deactivate-what")}</p>
    <${Field}
      id="deactivate-why"
      label=${t("end-why")}
      hint=${t("deactivate-why-hint")}
      ...${form.field("reason")}
      dir="auto"
      autocomplete="off"
    />
  <//>`;
}

function Rename({ desk, path, close }) {
  const form = useForm({ name: desk.name });
  return html`<${FormDialog}
    title=${t("rename-title")}
    form=${form}
    send=${() => ask("PATCH", path, { name: form.values.name.trim() })}
    label=${t("form-save")}
    close=${close}
  >
    <${Field}
      id="new-name"
      label=${t("rename-name")}
      ...${form.field("name")}
      class="name"
      dir="auto"
      autocomplete="off"
    />
  <//>`;
}

const DAYS = [1, 7, 0];

function Allow({ path, close }) {
  const form = useForm({ days: DAYS[0] });
  return html`<${FormDialog}
    title=${t("desk-act-allow")}
    form=${form}
    send=${() => ask("POST", `${path}allow/`, { days: Number(form.values.days) })}
    label=${t("form-save")}
    close=${close}
  >
    <p class="quiet">${t("allow-why")}</p>
    <${Field} id="allow-days" label=${t("allow-days")} ...${form.field("days")}>
      ${DAYS.map((one) => html`<option value=${one}>${t("allow-for", { count: one })}</option>`)}
    <//>
  <//>`;
}

function Token({ path, close }) {
  const form = useForm({});
  return html`<${SecretDialog}
    title=${t("desk-act-token")}
    form=${form}
    make=${async () => (await ask("POST", `${path}token/`, {})).token}
    label=${t("token-act")}
    once=${t("key-once")}
    secret=${t("key-secret")}
    close=${close}
  >
    <p>${t("token-why")}</p>
  <//>`;
}

// What cannot be undone says what it will do, in numbers, before it is done.
function End({ desk, state, path, close }) {
  const [keys, setKeys] = useState(null);
  const form = useForm({ reason: "" });
  const reason = form.values.reason.trim();
  useEffect(() => {
    const scope = `register:${desk.code}`;
    ask("GET", "/api/keys/").then(
      (found) =>
        setKeys(found.results.filter((key) => key.is_good && key.scopes.includes(scope)).length),
      () => {},
    );
  }, []);
  const unused = desk.ranges.reduce((sum, range) => sum + range.remaining, 0);
  return html`<${FormDialog}
    title=${t(`end-title-${state}`, { code: desk.code })}
    form=${form}
    send=${() => ask("PATCH", path, { state, reason })}
    label=${t(`desk-act-${state}`)}
    kind="danger"
    ready=${reason}
    close=${close}
  >
    <p>${t("end-for-good")}</p>
    <ul class="plan">
      <li>${desk.line === "away" ? t("end-away") : t("end-connected")}</li>
      <li>${t("end-ranges", { ranges: desk.ranges.length, numbers: unused })}</li>
      ${keys !== null && html`<li>${t("end-keys", { count: keys })}</li>`}
      <li>${t("desk-waiting", { count: desk.waiting })}</li>
      <li>${state === "revoked" ? t("end-refused") : t("end-disk")}</li>
      ${state === "revoked" && html`<li>${t("end-unheard")}</li>`}
      ${state === "replaced" && html`<li>${t("end-next")}</li>`}
    </ul>
    <${Field}
      id="end-why"
      label=${t("end-why")}
      ...${form.field("reason")}
      dir="auto"
      autocomplete="off"
    />
  <//>`;
}
