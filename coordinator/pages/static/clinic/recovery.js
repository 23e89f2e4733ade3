// Recovery: what the coordinator waits for after it was set back, and ending it early.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Notice, Title, useCalm } from "/static/shared/parts.js";
import { number, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, FormDialog, Why, useForm, useLook } from "../parts/forms.js";
import { Reason } from "../parts/reasons.js";
import { Rescue } from "../terminals/rescue.js";

const sizeOf = ({ first, last }) => last - first + 1;

export function Recovery({ now }) {
  const [status, setStatus] = useState(null);
  const [ending, setEnding] = useState(false);
  const { fault, look } = useLook();
  const cursor = useCalm(now.cursor);
  const live = now.desks.map((desk) => desk.line).join();
  useEffect(() => {
    look(async () => setStatus(await ask("GET", "/api/status/")));
  }, [cursor, now.in_recovery, live]);
  const recovery = status?.recovery;
  if (!now.in_recovery || !recovery) {
    return html`<section class="stack">
      <${Title}>${t("nav-recovery")}<//>
      <${Fault} of=${fault} />
      ${!now.in_recovery && html`<${Notice} role="status">${t("recovery-off")}<//>`}
    </section>`;
  }
  const missing = recovery.missing.reduce((sum, one) => sum + sizeOf(one), 0);
  return html`<section class="stack">
    <${Title}>${t("nav-recovery")}<//>
    <${Notice} kind="bad">
      <p>${t("recovery-why")}</p>
      <p class="small"><${Reason} of=${recovery.why} fixed=${recovery.why_fixed} /></p>
    <//>
    <${Fault} of=${fault} />
    <section class="card stack" aria-labelledby="awaited">
      <h2 id="awaited">${t("recovery-awaited", { count: recovery.waiting_for.length })}</h2>
      ${
        recovery.waiting_for.length > 0 &&
        html`<ul class="row">
          ${recovery.waiting_for.map(
            (code) => html`<li key=${code}>
              <a class="button" href=${`#/terminals/${encodeURIComponent(code)}`}>
                <${Ltr} of=${code} />
              </a>
            </li>`,
          )}
        </ul>`
      }
      <p>${t("recovery-missing", { count: missing })}</p>
      <p class="quiet">
        ${t(recovery.waiting_for.length > 0 ? "recovery-by-itself" : "recovery-by-hand")}
      </p>
    </section>
    <button class="button start" onClick=${() => setEnding(true)}>${t("recovery-end")}</button>
    <${Rescue} now=${now} />
    ${
      ending &&
      html`<${End}
        status=${status}
        missing=${missing}
        close=${() => setEnding(false)}
      />`
    }
  </section>`;
}

// What cannot be undone says what it will do, in numbers, before it is done.
function End({ status, missing, close }) {
  const [pool, setPool] = useState(null);
  const form = useForm({ why: "" });
  const why = form.values.why.trim();
  useEffect(() => {
    form.run(async () => setPool(await ask("GET", "/api/pool/")));
  }, []);
  const [first, last] = (pool?.range ?? "0-0").split("-").map(Number);
  const desks = status.recovery.waiting_for;
  return html`<${FormDialog}
    title=${t("recovery-end")}
    form=${form}
    send=${() => ask("POST", "/api/recovery/end/", { why })}
    label=${t("recovery-end")}
    kind="danger"
    ready=${why && pool}
    close=${close}
  >
    <p>${t("end-for-good")}</p>
    <ul class="plan">
      <li>${t("recovery-end-desks", { count: desks.length, desks: desks.join(", ") })}</li>
      <li>${t("recovery-end-missing", { count: missing })}</li>
      ${
        pool &&
        html`<li>
          ${t("recovery-end-pool", { range: pool.range, numbers: number(last - first + 1) })}
        </li>`
      }
      <li>${t("recovery-end-judged", { count: status.pending })}</li>
    </ul>
    <${Why} form=${form} />
  <//>`;
}
