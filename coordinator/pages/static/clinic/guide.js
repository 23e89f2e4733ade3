// The first start: the first user, and five steps to a desk that works.

import { html, useState } from "/static/shared/vendor/htm-preact.js";
import { later } from "/static/shared/later.js";
import { Title, go } from "/static/shared/parts.js";
import { call } from "/static/shared/calls.js";
import { t } from "/static/shared/texts.js";
import { BackupPlace } from "./backups.js";
import { EnrolCode, EnrolForm } from "../terminals/enrol.js";
import { Fault, Field, Form, useAct } from "../parts/forms.js";
import { PoolForm } from "../numbers/pool.js";
import { FacilityForm } from "./settings.js";

// Before there is any user; `secret` comes from the address that `init` prints.
export function FirstUser({ secret: given, signedIn }) {
  const [secret, setSecret] = useState(given);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { busy, fault, faults, run } = useAct();
  const act = () =>
    run(async () => {
      const { answer } = await call("POST", "/api/setup/", { secret, name, password });
      go("#/guide");
      signedIn(answer);
    });
  return html`<${Form} act=${act} class="card narrow">
    <${Title}>${t("first-title")}<//>
    <p class="quiet">${t("first-why")}</p>
    ${
      !given &&
      html`<${Field}
        id="secret"
        label=${t("first-secret")}
        hint=${t("first-secret-hint")}
        value=${secret}
        change=${setSecret}
        fault=${faults.secret}
        class="ltr-field"
        autocomplete="off"
        spellcheck=${false}
      />`
    }
    <${Field}
      id="name"
      label=${t("first-name")}
      value=${name}
      change=${setName}
      fault=${faults.name}
      class="name"
      dir="auto"
      autocomplete="username"
    />
    <${Field}
      id="password"
      type="password"
      label=${t("sign-in-password")}
      hint=${t("password-hint")}
      value=${password}
      change=${setPassword}
      fault=${faults.password}
      autocomplete="new-password"
    />
    <${Fault} of=${fault} />
    <button class="button first" type="submit" disabled=${busy}>${t("first-act")}</button>
  <//>`;
}

const Import = later(() => import("../people/import.js"), "Import");
const STEPS = ["facility", "pool", "desk", "import", "backup"];

export function Guide({ id, now }) {
  const at = Math.max(0, STEPS.indexOf(id));
  const step = STEPS[at];
  const next = () => go(at + 1 < STEPS.length ? `#/guide/${STEPS[at + 1]}` : "#/overview");
  return html`<section class="stack guide">
    <${Title}>${t("guide-title")}<//>
    <ol class="steps" aria-label=${t("guide-steps")}>
      ${STEPS.map(
        (one, number) => html`<li key=${one}>
          <a href=${`#/guide/${one}`} aria-current=${one === step ? "step" : undefined}>
            <span class="ordinal">${number + 1}</span> ${t(`guide-${one}`)}
          </a>
        </li>`,
      )}
    </ol>
    <section class="card stack" aria-labelledby="step">
      <h2 id="step">${t(`guide-${step}`)}</h2>
      <p class="quiet">${t(`guide-why-${step}`)}</p>
      ${step === "facility" && html`<${FacilityForm} done=${next} label=${t("guide-next")} />`}
      ${step === "pool" && html`<${PoolForm} done=${next} label=${t("guide-next")} />`}
      ${step === "desk" && html`<${FirstDesk} now=${now} next=${next} />`}
      ${
        step === "import" &&
        html`<${Import}>
          <button class="button first start" onClick=${next}>${t("guide-next")}</button>
        <//>`
      }
      ${step === "backup" && html`<${BackupPlace} done=${next} label=${t("guide-finish")} />`}
    </section>
    ${
      step !== "desk" &&
      step !== "import" &&
      html`<button class="button plain start" onClick=${next}>${t("guide-skip")}</button>`
    }
  </section>`;
}

function FirstDesk({ now, next }) {
  const [made, setMade] = useState(null);
  const desk = made && now.desks.find((one) => one.code === made.terminal);
  const end = html`<button
    type="button"
    class=${`button ${desk?.line === "live" ? "first" : "plain"}`}
    onClick=${next}
  >
    ${desk?.line === "live" ? t("guide-next") : t("guide-later")}
  </button>`;
  return made
    ? html`<${EnrolCode} made=${made} desk=${desk} />
        <div class="row">${end}</div>`
    : html`<${EnrolForm} made=${setMade}>${end}<//>`;
}
