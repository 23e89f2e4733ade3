// A code by which a desk is let in: made, shown once as text and as QR, until the desk has come.

import { html, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Notice } from "/static/shared/parts.js";
import { later } from "/static/shared/later.js";
import { moment, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Dialog, Fault, Field, Form, More, Secret, useAct } from "../parts/forms.js";
import { usePassphrase } from "../parts/passphrase.js";

const EnrolFile = later(() => import("./enrol-file.js"), "EnrolFile");

const HOUR_S = 3600;
const VALID_S = [HOUR_S, 8 * HOUR_S, 48 * HOUR_S];

// `code` is that of a terminal that is there, empty for a new one.
export function EnrolForm({ code: known = "", made, children }) {
  const [code, setCode] = useState(known);
  const [name, setName] = useState("");
  const [valid, setValid] = useState(VALID_S[0]);
  const [host, setHost] = useState("");
  const passphrase = usePassphrase();
  const { busy, fault, faults, run } = useAct();
  const act = () =>
    run(async () => {
      const body = { code, valid_s: Number(valid), ...passphrase.body };
      if (name.trim()) body.name = name.trim();
      if (host.trim()) body.host = host.trim();
      const answer = await ask("POST", "/api/enrolments/", body);
      const picture = await ask("POST", "/pages/qr/", { text: answer.enrolment_code });
      made({ ...answer, picture });
    });
  return html`<${Form} act=${act}>
    ${
      !known &&
      html`<${Field}
          id="enrol-code"
          label=${t("enrol-code")}
          hint=${t("enrol-code-hint")}
          value=${code}
          change=${(text) => setCode(text.toUpperCase())}
          fault=${faults.code}
          class="ltr-field"
          maxlength="50"
          autocomplete="off"
          spellcheck=${false}
        />
        <${Field}
          id="enrol-name"
          label=${t("enrol-name")}
          hint=${t("enrol-name-hint")}
          value=${name}
          change=${setName}
          fault=${faults.name}
          class="name"
          dir="auto"
          autocomplete="off"
        />`
    }
    <${Field} id="enrol-valid" label=${t("enrol-valid")} value=${valid} change=${setValid}>
      ${VALID_S.map(
        (one) => html`<option value=${one}>${t("enrol-hours", { count: one / HOUR_S })}</option>`,
      )}
    <//>
    ${passphrase.field}
    <${More}>
      <${Field}
        id="enrol-host"
        label=${t("enrol-host")}
        hint=${t("enrol-host-hint")}
        value=${host}
        change=${setHost}
        fault=${faults.host}
        class="ltr-field"
        autocomplete="off"
      />
    <//>
    <${Fault} of=${fault} />
    <div class="row">
      <button class="button first" type="submit" disabled=${busy || !code.trim()}>
        ${t("enrol-act")}
      </button>
      ${children}
    </div>
  <//>`;
}

// What was made, and what to do with it; `desk` is its terminal as it stands now.
export function EnrolCode({ made, desk }) {
  const command = `mrnmesh-node enrol ${made.enrolment_code}`;
  const side = made.picture.side;
  if (desk?.line === "live") {
    return html`<${Notice} role="status">${t("enrol-done", { code: made.terminal })}<//>`;
  }
  return html`<div class="stack">
    <p>${t("enrol-type", { code: made.terminal, time: moment(made.until) })}</p>
    <div class="enrolment">
      <svg
        class="qr"
        viewBox=${`0 0 ${side} ${side}`}
        shape-rendering="crispEdges"
        role="img"
        aria-label=${t("enrol-qr")}
      >
        <path d=${made.picture.path} />
      </svg>
      <${Secret} of=${command} label=${t("enrol-command")} />
    </div>
    <p class="small quiet">${t("enrol-address", { address: made.address })}</p>
    ${made.has_node && html`<${Notice} kind="warn">${t("enrol-same")}<//>`}
    ${made.only_here && html`<${Notice} kind="warn">${t("enrol-only-here")}<//>`}
    <p class="small" role="status">
      <span class="line"><span class="dot begun"></span>${t("enrol-waiting")}</span>
    </p>
  </div>`;
}

export function EnrolDialog({ code = "", now, close }) {
  const [made, setMade] = useState(null);
  const [byFile, setByFile] = useState(false);
  const desk = made && now.desks.find((one) => one.code === made.terminal);
  const title = code ? t("enrol-title", { code }) : t("enrol-title-new");
  const end = html`<button type="button" class="button plain" onClick=${close}>
    ${t("page-close")}
  </button>`;
  return html`<${Dialog} title=${title} close=${close} class="wide">
    ${
      made
        ? html`<${EnrolCode} made=${made} desk=${desk} />${end}`
        : byFile
          ? html`<${EnrolFile} code=${code}>${end}<//>`
          : html`<${EnrolForm} code=${code} made=${setMade}>
              <button type="button" class="button plain" onClick=${() => setByFile(true)}>
                ${t("enrol-file")}
              </button>
              ${end}
            <//>`
    }
  <//>`;
}
