// Sheets of numbers that a desk has printed ahead, to be typed in here when it cannot do it itself.

import { html, useEffect, useLayoutEffect, useRef, useState } from "/static/shared/vendor/htm-preact.js";
import { Refused, callAgain, faultsOf } from "/static/shared/calls.js";
import {
  EMPTY,
  Fields,
  bodyOf,
  faultsOf as seen,
  focusFault,
  inWords,
} from "/static/shared/person-form.js";
import { More, moreBody, moreOf } from "/static/shared/person-more.js";
import { Ltr, Name, Title, useCalm, useGo } from "/static/shared/parts.js";
import { moment, t } from "/static/shared/texts.js";
import { inWords as refusalOf } from "../parts/asking.js";
import { Fault } from "../parts/forms.js";
import { Pager, useList } from "../parts/lists.js";

const SHOWN = 5;

export function Sheets({ id: code, now }) {
  const path = `/api/sheets/?terminal=${encodeURIComponent(code)}`;
  const list = useList(path, useCalm(now.cursor), SHOWN);
  return html`<section class="stack">
    <p><a class="back" href=${`#/terminals/${encodeURIComponent(code)}`}><${Ltr} of=${code} /></a></p>
    <${Title}>${t("sheets-title")}<//>
    <p class="quiet">${t("sheets-why")}</p>
    <${Fault} of=${list.fault} />
    ${list.all?.length === 0 && html`<p class="quiet">${t("sheets-none")}</p>`}
    ${list.all?.map((sheet, at) => html`<${Sheet} key=${sheet.id} of=${sheet} open=${at === 0} />`)}
    <${Pager} list=${list} />
  </section>`;
}

function Sheet({ of: sheet, open }) {
  const numbers = sheet.numbers;
  return html`<details class="card fold" open=${open}>
    <summary class="row">
      <${Ltr} class="mrn" of=${`${numbers[0].mrn} – ${numbers.at(-1).mrn}`} />
      <span class="quiet small">
        <${Ltr} of=${moment(sheet.printed_at)} /> · ${t("sheets-left", { count: sheet.left })}
      </span>
    </summary>
    <ul class="numbers">
      ${numbers.map(
        (line) => html`<li key=${line.mrn}>
          ${
            line.patient === null
              ? html`<a
                  class="button"
                  href=${`#/paper/${encodeURIComponent(`${sheet.terminal}:${line.mrn}`)}`}
                  aria-label=${t("sheets-type-in", { mrn: line.mrn })}
                ><${Ltr} class="mrn" of=${line.mrn} /></a>`
              : html`<span class="used">
                  <${Ltr} class="mrn" of=${line.mrn} /> <${Name} of=${line.full_name ?? ""} />
                </span>`
          }
        </li>`,
      )}
    </ul>
  </details>`;
}

// The form of somebody who was written on a sheet; `id` is CODE:NUMBER.
export function Paper({ id, now }) {
  const code = id.slice(0, id.indexOf(":"));
  const mrn = id.slice(code.length + 1);
  const [form, setForm] = useState({ ...EMPTY, ...moreOf(now.fields), written: "" });
  const [faults, setFaults] = useState({});
  const [refusal, setRefusal] = useState("");
  const [sending, setSending] = useState(false);
  // One key for as long as the form is open, so that nobody is registered twice by it.
  const [key] = useState(() => crypto.randomUUID());
  const busy = useRef(false);
  const go = useGo();
  useLayoutEffect(() => document.getElementById("field-written").focus(), []);
  const change = (name, value) => {
    setForm((before) => ({ ...before, [name]: value }));
    setFaults(({ [name]: _, ...rest }) => rest);
  };
  const wrong = (found) => {
    setFaults(found);
    focusFault(found);
  };
  const sent = async (event) => {
    event.preventDefault();
    const missing = seen(form, [...now.required, "written"]);
    if (Object.keys(missing).length) return wrong(missing);
    if (busy.current) return undefined;
    busy.current = true;
    setSending(true);
    setRefusal("");
    try {
      const body = {
        ...bodyOf(form),
        ...moreBody(now.fields, form),
        ...{ mrn, offline: true, origin_terminal_code: code, registered_at: form.written },
      };
      await callAgain("POST", "/api/patients/", body, { headers: { "Idempotency-Key": key } });
      go(`#/sheets/${encodeURIComponent(code)}`);
    } catch (error) {
      const found = error instanceof Refused ? inWords(faultsOf(error)) : {};
      if (Object.keys(found).length) wrong(found);
      else setRefusal(refusalOf(error));
      setSending(false);
      busy.current = false;
    }
    return undefined;
  };
  const fault = faults.written ?? faults.registered_at;
  return html`<section class="stack">
    <p>
      <a class="back" href=${`#/sheets/${encodeURIComponent(code)}`}>${t("sheets-title")}</a>
    </p>
    <${Title}><${Ltr} class="mrn" of=${mrn} /><//>
    <p class="quiet">${t("paper-why", { code })}</p>
    <form class="card stack paper" onSubmit=${sent} novalidate>
      <div class="field narrow">
        <label for="field-written">${t("field-written")}</label>
        <input
          id="field-written"
          class="input ltr-field"
          type="datetime-local"
          value=${form.written}
          onInput=${(event) => change("written", event.target.value)}
          aria-required="true"
          aria-invalid=${fault ? "true" : undefined}
          aria-describedby=${fault ? "about-written" : undefined}
        />
        ${fault && html`<p class="fault" id="about-written">${fault}</p>`}
      </div>
      <${Fields} ...${{ form, change, faults, required: now.required, today: now.today }} />
      <${More} ...${{ fields: now.fields, form, change, faults }} />
      <${Fault} of=${refusal} />
      <div class="row">
        <button class="button first" type="submit" disabled=${sending}>${t("paper-register")}</button>
      </div>
    </form>
  </section>`;
}
