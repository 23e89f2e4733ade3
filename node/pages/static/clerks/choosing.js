// Choosing one's name: from the list of those who work here, with a PIN where there is one, or typed.

import { html, useLayoutEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Refused, call } from "/static/shared/calls.js";
import { later } from "/static/shared/later.js";
import { t } from "/static/shared/texts.js";
import { Name } from "../parts.js";

const OwnPin = later(() => import("./own-pin.js"), "OwnPin");

const PATH = "/api/sitting/";
const SENTENCES = { wrong_pin: "pin-wrong", pin_delayed: "pin-delayed" };

// `asked` is whose PIN is asked for at once.
export function Choosing({ clerk, clerks, typing, online, be, asked, close }) {
  const [of, setOf] = useState(asked);
  const [changing, setChanging] = useState("");
  // A name without proof: what somebody has proved here before is over.
  const choose = async (name) => {
    await call("DELETE", PATH).catch(() => {});
    be(name);
  };
  if (changing) {
    return html`<div class="stack">
      <h2 id="clerk-title">${t("pin-change")}</h2>
      <${OwnPin} name=${changing} ...${{ online, be, close }} />
    </div>`;
  }
  return html`<div class="stack">
    <h2 id="clerk-title">${t("clerk-title")}</h2>
    ${
      of
        ? html`<${Pin} key=${of} name=${of} ...${{ be, choose, change: setChanging, back: () => setOf("") }} />`
        : html`<${Names}
          ...${{ clerk, clerks, typing, choose, ask: setOf, change: setChanging, close }}
        />`
    }
  </div>`;
}

function Names({ clerk, clerks, typing, choose, ask, change, close }) {
  const hasPin = clerks.some((one) => one.name === clerk && one.pin === "ready");
  const [name, setName] = useState(clerks.some((one) => one.name === clerk) ? "" : clerk);
  // The dialog was there before what stands in it.
  useLayoutEffect(() => {
    const first = document.querySelector("dialog[open] li button, dialog[open] #clerk-name");
    first?.focus();
  }, []);
  const typed = (event) => {
    event.preventDefault();
    choose(name.trim());
  };
  return html`
    <p class="quiet small">${t("clerk-why")}</p>
    ${
      clerks.length > 0 &&
      html`<ul class="stack tight names">
        ${clerks.map(
          (one) => html`<li key=${one.name}>
            <button
              class=${`button wide ${one.name === clerk ? "first" : ""}`}
              onClick=${() => (one.pin === "ready" ? ask(one.name) : choose(one.name))}
            >
              <${Name} of=${one.name} />
            </button>
          </li>`,
        )}
      </ul>`
    }
    ${
      typing &&
      html`<form class="stack" onSubmit=${typed}>
        <div class="field">
          <label for="clerk-name">${t(clerks.length > 0 ? "clerk-other" : "clerk-type")}</label>
          <input
            id="clerk-name"
            class="input name"
            dir="auto"
            maxlength="100"
            autocomplete="off"
            value=${name}
            onInput=${(event) => setName(event.target.value)}
          />
        </div>
        <button class=${`button ${clerks.length > 0 ? "" : "first"}`} type="submit">
          ${t("clerk-save")}
        </button>
      </form>`
    }
    <div class="row">
      ${
        hasPin &&
        html`<button class="button plain" onClick=${() => change(clerk)}>${t("pin-change")}</button>`
      }
      ${
        clerk &&
        html`<button class="button plain" onClick=${() => choose("")}>${t("clerk-nobody")}</button>`
      }
      <button class="button plain" onClick=${close}>${t("page-close")}</button>
    </div>
  `;
}

function Pin({ name, be, choose, change, back }) {
  const [pin, setPin] = useState("");
  const [fault, setFault] = useState("");
  const field = () => document.getElementById("clerk-pin");
  useLayoutEffect(() => field().focus(), []);
  const sent = async (event) => {
    event.preventDefault();
    if (!pin) return;
    try {
      await call("POST", PATH, { name, pin });
      be(name);
    } catch (error) {
      const known = error instanceof Refused && SENTENCES[error.code];
      setFault(known ? t(known, { seconds: error.answer.seconds ?? 0 }) : t("pin-not-now"));
      setPin("");
      field().focus();
    }
  };
  return html`<form class="stack" onSubmit=${sent}>
    <div class="field">
      <label for="clerk-pin">${t("pin-of")} <${Name} of=${name} /></label>
      <input
        id="clerk-pin"
        class="input ltr pin"
        inputmode="numeric"
        autocomplete="off"
        maxlength="20"
        value=${pin}
        aria-invalid=${fault ? "true" : undefined}
        aria-describedby=${fault ? "about-pin" : undefined}
        onInput=${(event) => setPin(event.target.value)}
      />
      ${fault && html`<p class="fault" id="about-pin" role="alert">${fault}</p>`}
    </div>
    <div class="row">
      <button class="button first" type="submit">${t("clerk-save")}</button>
      <button class="button plain" type="button" onClick=${() => choose(name)}>
        ${t("pin-without")}
      </button>
      <button class="button plain" type="button" onClick=${() => change(name)}>
        ${t("pin-change")}
      </button>
      <button class="button plain" type="button" onClick=${back}>${t("pin-back")}</button>
    </div>
  </form>`;
}
