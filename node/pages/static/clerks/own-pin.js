// A clerk changes her own PIN. The coordinator must be there, so that all her desks hear of it.

import { html, useLayoutEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Refused, call } from "/static/shared/calls.js";
import { t } from "/static/shared/texts.js";
import { Name, Notice } from "../parts.js";

const PATH = "/api/sitting/pin/";
// The fields, by their ids.
const [FORMER, NEW, AGAIN] = ["own-pin", "own-pin-new", "own-pin-again"];
const EMPTY = { [FORMER]: "", [NEW]: "", [AGAIN]: "" };
// Code of a refusal -> the field that it is about, and the sentence.
const FAULTS = {
  wrong_pin: [FORMER, "pin-wrong"],
  pin_delayed: [FORMER, "pin-delayed-here"],
  bad_pin: [NEW, "pin-bad"],
};
// What is refused as a whole.
const SENTENCES = {
  pin_needs_coordinator: "pin-later",
  pin_change_unanswered: "pin-unanswered",
  pin_not_changed: "pin-not-changed",
};

export function OwnPin({ name, online, be, close }) {
  const [typed, setTyped] = useState(EMPTY);
  const [faults, setFaults] = useState({});
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(false);
  useLayoutEffect(() => document.querySelector("#own-pin, #own-pin-close")?.focus(), [done]);

  const refuse = (field, sentence) => {
    setFaults({ [field]: sentence });
    document.getElementById(field)?.focus();
  };
  const sent = async (event) => {
    event.preventDefault();
    if (typed[NEW] !== typed[AGAIN]) return refuse(AGAIN, t("pin-unlike"));
    setBusy(true);
    try {
      await call("POST", PATH, { name, pin: typed[FORMER], new_pin: typed[NEW] });
      setDone(true);
    } catch (error) {
      const code = error instanceof Refused ? error.code : "";
      const [field, sentence] = FAULTS[code] ?? ["all", SENTENCES[code] ?? "pin-not-now-changed"];
      if (field === FORMER) setTyped({ ...typed, [FORMER]: "" });
      refuse(field, t(sentence, { seconds: error.answer?.seconds ?? 0 }));
    } finally {
      setBusy(false);
    }
  };
  if (done) {
    return html`<${Notice} kind="good" role="status">${t("pin-changed")}<//>
      <button id="own-pin-close" class="button first start" onClick=${() => be(name)}>
        ${t("page-close")}
      </button>`;
  }
  const field = (id) => ({
    id,
    value: typed[id],
    fault: faults[id],
    change: (value) => {
      setTyped({ ...typed, [id]: value });
      setFaults({});
    },
  });
  return html`<form class="stack" onSubmit=${sent}>
    ${!online && html`<${Notice} kind="warn">${t("pin-later")}<//>`}
    <${PinField} ...${field(FORMER)} label=${html`${t("pin-own")} <${Name} of=${name} />`} />
    <${PinField} ...${field(NEW)} label=${t("pin-new")} hint=${t("pin-new-hint")} />
    <${PinField} ...${field(AGAIN)} label=${t("pin-again")} />
    ${faults.all && html`<p class="fault" role="alert">${faults.all}</p>`}
    <div class="row">
      <button class="button first" type="submit" disabled=${busy || !complete(typed)}>
        ${t("pin-save")}
      </button>
      <button class="button plain" type="button" onClick=${close}>${t("page-close")}</button>
    </div>
  </form>`;
}

const complete = (typed) => Object.values(typed).every(Boolean);

function PinField({ id, label, hint, value, fault, change }) {
  const about = fault ? `${id}-fault` : hint && `${id}-hint`;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input
      id=${id}
      class="input ltr pin"
      inputmode="numeric"
      autocomplete="off"
      maxlength="20"
      value=${value}
      aria-invalid=${fault ? "true" : undefined}
      aria-describedby=${about || undefined}
      onInput=${(event) => change(event.target.value)}
    />
    ${hint && !fault && html`<p class="quiet small" id=${`${id}-hint`}>${hint}</p>`}
    ${fault && html`<p class="fault" id=${`${id}-fault`} role="alert">${fault}</p>`}
  </div>`;
}
