// What desks ask an administrator to decide about records: done or refused, with a reason.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Name, Title, useCalm } from "/static/shared/parts.js";
import { moment, t } from "/static/shared/texts.js";
import { ask } from "./asking.js";
import { Fault, Field, Sending, Why, useAct, useForm } from "./forms.js";
import { Pager, useList } from "./lists.js";
import { SideBySide } from "./people.js";

export function Requests({ now }) {
  const [open, setOpen] = useState(true);
  const [one, setOne] = useState(null);
  const list = useList(`/api/requests/?open=${open}`, useCalm(now.cursor));
  if (one) return html`<${Request} of=${one} back=${() => setOne(null)} />`;
  return html`<section class="stack">
    <${Title}>${t("nav-requests")}<//>
    <p class="quiet">${t("requests-why")}</p>
    <div class="row" role="group" aria-label=${t("requests-which")}>
      ${[true, false].map(
        (which) => html`<button
          key=${which}
          class="button"
          aria-pressed=${which === open ? "true" : "false"}
          onClick=${() => setOpen(which)}
        >${which ? t("requests-open") : t("requests-all")}</button>`,
      )}
    </div>
    <${Fault} of=${list.fault} />
    ${list.all?.length === 0 && html`<p class="quiet">${t("requests-none")}</p>`}
    <ul class="entries">
      ${list.all?.map(
        (asked) => html`<li key=${asked.id} class="card entry">
          <div class="main">
            <strong>${t(`request-${asked.act}`)}</strong>
            <span>
              <${Name} of=${asked.patient?.full_name ?? ""} />
              ${asked.into && html` / <${Name} of=${asked.into.full_name ?? ""} />`}
            </span>
            <${From} of=${asked} />
          </div>
          ${asked.state !== "waiting" && html`<${State} of=${asked.state} />`}
          <button
            class="button"
            aria-label=${t("conflict-look-at", { mrn: asked.patient?.mrn ?? "" })}
            onClick=${() => setOne(asked)}
          >${t("conflict-look")}</button>
        </li>`,
      )}
    </ul>
    <${Pager} list=${list} />
  </section>`;
}

const CHIPS = { done: "good", refused: "bad" };
const State = ({ of }) =>
  html`<span class=${`chip ${CHIPS[of] ?? ""}`}>${t(`request-state-${of}`)}</span>`;

const From = ({ of: { desk, operator, at } }) => html`<span class="quiet small">
  <${Ltr} of=${desk} />${operator && html`, <${Name} of=${operator} />`} · ${" "}
  <${Ltr} of=${moment(at)} />
</span>`;

function Request({ of: asked, back }) {
  const [pair, setPair] = useState(null);
  const { fault, run } = useAct();
  const form = useForm({ act: "carry-out", why: "" });
  const { act, why } = form.values;
  const { patient, into, answer } = asked;
  useEffect(() => {
    if (!patient || !into) return;
    run(async () => setPair(await ask("GET", `/api/patients/${patient.id}/compare/${into.id}/`)));
  }, []);
  const send = () => {
    const body = { why: why.trim() };
    if (act === "carry-out" && pair) body.seen = pair.seen;
    return ask("POST", `/api/requests/${asked.id}/${act}/`, body);
  };
  return html`<section class="stack">
    <p><button class="button plain" onClick=${back}>${t("requests-back")}</button></p>
    <${Title}>${t(`request-${asked.act}`)}<//>
    <p><bdi>${asked.why}</bdi></p>
    <p><${From} of=${asked} /></p>
    <${Fault} of=${fault} />
    <${SideBySide}
      people=${[
        [into && asked.act === "merge" ? t("request-ends") : t("request-one"), patient],
        [asked.act === "merge" ? t("request-counts") : t("request-other"), into],
      ]}
      differs=${pair?.differs ?? []}
    />
    ${
      answer
        ? html`<section class="card stack">
            <p class="row"><${State} of=${asked.state} /><bdi>${answer.why}</bdi></p>
            <p class="quiet small"><${Name} of=${answer.who} />, <${Ltr} of=${moment(answer.at)} /></p>
          </section>`
        : html`<${Sending}
            class="card decide"
            form=${form}
            send=${send}
            done=${back}
            label=${t("conflict-do")}
            ready=${why.trim() && (pair || !into)}
          >
            <h2>${t("conflict-decide")}</h2>
            <${Field} id="act" label=${t("conflict-what")} ...${form.field("act")}>
              <option value="carry-out">${t("request-carry-out")}</option>
              <option value="refuse">${t("request-refuse")}</option>
            <//>
            <p class="small quiet">${t(`request-${act}-what`)}</p>
            <${Why} form=${form} />
          <//>`
    }
  </section>`;
}
