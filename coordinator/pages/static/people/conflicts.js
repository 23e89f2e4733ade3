// Conflicts: numbers that two people claim, side by side, and what is decided about them.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { useChoice } from "/static/shared/choosing.js";
import { Known, Ltr, Name, Title, useCalm } from "/static/shared/parts.js";
import { moment, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Decision } from "../parts/decision.js";
import { Fault, Field, Sending, Why, useForm, useLook } from "../parts/forms.js";
import { Choices, Pager, useList } from "../parts/lists.js";
import { SideBySide } from "../parts/side-by-side.js";

export function Conflicts({ now }) {
  const [open, setOpen] = useState(true);
  const list = useList(`/api/conflicts/?open=${open}`, useCalm(now.cursor));
  return html`<section class="stack">
    <${Title}>${t("nav-conflicts")}<//>
    <${Choices}
      label=${t("conflicts-which")}
      choices=${[
        [true, t("conflicts-open")],
        [false, t("conflicts-decided")],
      ]}
      chosen=${open}
      choose=${setOpen}
    />
    <${Fault} of=${list.fault} />
    ${list.all?.length === 0 && html`<p class="quiet">${t("conflicts-none")}</p>`}
    <ul class="entries">
      ${list.all?.map(
        (one) => html`<li key=${one.id} class="card entry">
          <div class="main">
            <${Ltr} class="mrn" of=${one.mrn ?? ""} />
            <span>
              <${Name} of=${one.patient?.full_name ?? ""} />
              ${one.other && html` / <${Name} of=${one.other.full_name ?? ""} />`}
            </span>
            <span class="quiet small">${t(`conflict-${one.reason}`)}</span>
          </div>
          <a
            class="button"
            href=${`#/conflicts/${one.id}`}
            aria-label=${t("conflict-look-at", { mrn: one.mrn ?? "" })}
          >${t("conflict-look")}</a>
        </li>`,
      )}
    </ul>
    <${Pager} list=${list} />
  </section>`;
}

export function Conflict({ id, now }) {
  const [conflict, setConflict] = useState(null);
  const [cards, setCards] = useState([]);
  const { fault, look } = useLook();
  const cursor = useCalm(now.cursor);
  const read = () => look(async () => setConflict(await ask("GET", `/api/conflicts/${id}/`)));
  useEffect(() => {
    read();
  }, [id, cursor]);
  if (!conflict) return html`<${Fault} of=${fault} />`;
  const done = (answer) => {
    // What was asked before the decision is not shown after it.
    look(() => setConflict(answer.conflict));
    setCards(answer.changed.filter((change) => change.reprint));
  };
  return html`<section class="stack">
    <p><a href="#/conflicts">${t("nav-conflicts")}</a></p>
    <header class="row apart">
      <${Title}><${Ltr} class="mrn" of=${conflict.mrn ?? ""} /><//>
      <span class=${`chip ${conflict.open ? "bad" : "good"}`}>
        ${conflict.open ? t("conflict-is-open") : t("conflict-is-decided")}
      </span>
    </header>
    <p>${t(`conflict-${conflict.reason}`)}</p>
    ${
      cards.length > 0 &&
      html`<ul class="notice warn" role="status">
        ${cards.map(
          (card) => html`<li key=${card.patient.id}>
            ${t("conflict-card", { desk: card.desk, mrn: card.mrn ?? "" })}
            ${" "}<${Name} of=${card.patient.full_name ?? ""} />
          </li>`,
        )}
      </ul>`
    }
    <${Decide} key=${conflict.resolution ?? ""} ...${{ conflict, fields: now.fields, read, done }} />
    <${History} of=${conflict.history} />
  </section>`;
}

// In the place of somebody who is not there, or of whom nothing can be read.
const NOBODY = { id: 0, identifiers: {}, extra: {} };

function Decide({ conflict, fields, read, done }) {
  const acts = conflict.open ? ["assign", "award", "merge", "void"] : ["reopen"];
  const form = useForm({ action: acts[0], why: "" });
  const { action, why } = form.values;
  const { patient, other, differs, seen } = conflict;
  const both = { one: patient ?? NOBODY, other: other ?? NOBODY, differs };
  // The one whose number was refused is merged into the other one, never the other way round.
  const choice = useChoice(both, both.other.id);
  const merging = action === "merge" && patient && other;
  const chosen = merging ? choice : undefined;
  const send = async () => {
    const body = { action, why, resolution: conflict.resolution };
    if (action === "merge" && other) body.into = other.record_id;
    if (merging) Object.assign(body, { take: choice.take, seen });
    done(await ask("POST", `/api/conflicts/${conflict.id}/resolve/`, body));
  };
  const table = html`<${SideBySide}
    people=${[
      [t("conflict-claims"), patient],
      [t("conflict-has"), other ?? conflict.holder],
    ]}
    differs=${differs}
    fields=${fields}
    choice=${chosen}
  />`;
  if (!conflict.open) {
    return html`${table}
      <${Sending} form=${form} send=${send} label=${t("conflict-undo")} ready=${why.trim()}>
        <div class="stack decide">
          <h2>${t("conflict-undo")}</h2>
          <p class="small quiet">${t(`act-${action}-what`)}</p>
          <${Why} form=${form} />
        </div>
      <//>`;
  }
  return html`<${Decision}
    ...${{ form, table, fields, look: read, send }}
    choice=${chosen}
  >
    <h2>${t("conflict-decide")}</h2>
    <${Field} id="action" label=${t("conflict-what")} ...${form.field("action")}>
      ${acts.map((one) => html`<option key=${one} value=${one}>${t(`act-${one}`)}</option>`)}
    <//>
    <p class="small quiet">${t(`act-${action}-what`)}</p>
  <//>`;
}

function History({ of }) {
  if (of.length === 0) return null;
  return html`<section class="stack" aria-labelledby="history">
    <h2 id="history">${t("conflict-history")}</h2>
    <ol class="entries">
      ${of.map(
        (one) => html`<li key=${one.id} class="card entry">
          <div class="main">
            <span>
              ${t(`act-${one.action}`)}
              ${one.in_force && html`${" "}<span class="chip good">${t("conflict-in-force")}</span>`}
            </span>
            <span><bdi>${one.why}</bdi></span>
            <span class="quiet small">
              <${Name} of=${one.who} /> <${Known} of=${one.who_known} />,${" "}
              <${Ltr} of=${moment(one.at)} />
            </span>
          </div>
        </li>`,
      )}
    </ol>
  </section>`;
}
