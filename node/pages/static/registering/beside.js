// People who may be the one in the form: "is it one of these?"

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Refused, call, faultsOf } from "/static/shared/calls.js";
import { language, t } from "/static/shared/texts.js";
import { bodyOf } from "/static/shared/person-form.js";
import { About, Ltr, Name } from "../parts.js";

const WAIT_MS = 200;
// Fewer letters than these fit everybody.
const NAME_LENGTH_MIN = 2;

// Who may be the person in a form. Fields that are half typed are left out.
async function check(form, signal) {
  const body = bodyOf(form);
  try {
    return (await call("POST", "/api/patients/check/", body, { signal })).answer.results;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    for (const name of Object.keys(faultsOf(error))) delete body[name];
  }
  return (await call("POST", "/api/patients/check/", body, { signal })).answer.results;
}

// `chosen` is called when it is one of these.
export function Beside({ form, others, setOthers, chosen }) {
  const [matches, setMatches] = useState(null);
  const enough = form.full_name.trim().length >= NAME_LENGTH_MIN || form.cnic || form.phone;
  useEffect(() => {
    if (!enough) {
      setMatches(null);
      return undefined;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      // Without an answer the line above the page says so; the form works all the same.
      check(form, stop.signal).then(setMatches, () => {});
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [form]);
  const shown = (matches ?? []).filter((one) => !others.includes(one.patient.id));
  return html`<aside class="stack" aria-labelledby="beside-title">
    <h2 id="beside-title">${t("new-beside")}</h2>
    <p class="quiet small" role="status">
      ${matches === null ? t("new-beside-wait") : shown.length === 0 && t("new-beside-none")}
    </p>
    <ul class="stack tight">
      ${shown.map(
        (match) => html`<${Alike}
          key=${match.patient.id}
          match=${match}
          chosen=${chosen}
          other=${() => setOthers([...others, match.patient.id])}
        />`,
      )}
    </ul>
  </aside>`;
}

// Somebody who may be the person, and why.
function Alike({ match, chosen, other }) {
  const { patient, grade, reasons } = match;
  const words = reasons.map((one) => one[language().code] ?? one.en);
  return html`<li class=${`card alike ${grade}`}>
    <p class="row apart">
      <${Name} of=${patient.full_name} />
      <span class=${`chip ${grade === "certain" ? "bad" : ""}`}>${t(`grade-${grade}`)}</span>
    </p>
    <${About} of=${patient} />
    <p class="row small">
      <${Ltr} class="mrn" of=${patient.mrn ?? "–"} />
      <span class="quiet"><${Ltr} of=${patient.origin_terminal_code ?? ""} /></span>
    </p>
    <p class="small quiet">${words.join(" · ")}</p>
    <div class="row">
      <a class="button" href=${`#/person/${patient.id}`} onClick=${chosen}>${t("new-same")}</a>
      <button class="button plain" type="button" onClick=${other}>${t("new-other")}</button>
    </div>
  </li>`;
}
