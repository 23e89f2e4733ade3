// People who are probably registered twice: one pair after the other, side by side.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Name, Title, go, useCalm } from "/static/shared/parts.js";
import { language, t } from "/static/shared/texts.js";
import { ask } from "./asking.js";
import { Fault, Field, Sending, Why, useAct, useForm } from "./forms.js";
import { Pager, useList } from "./lists.js";
import { SideBySide } from "./people.js";

// Why two may be one, in the language of the page.
const inWords = (reason) => reason[language().code] ?? reason.en;

export function Duplicates({ now }) {
  const list = useList("/api/duplicates/?state=open", useCalm(now.cursor));
  return html`<section class="stack">
    <${Title}>${t("nav-duplicates")}<//>
    <p class="quiet">${t("duplicates-why")}</p>
    <${Fault} of=${list.fault} />
    ${list.all?.length === 0 && html`<p class="quiet">${t("duplicates-none")}</p>`}
    <ul class="entries">
      ${list.all?.map(({ patient, others: [{ patient: other, grade, reasons }] }) => {
        const place = `${patient.id}-${other.id}`;
        return html`<li key=${place} class="card entry">
          <div class="main">
            <span><${Name} of=${patient.full_name ?? ""} /> / <${Name} of=${other.full_name ?? ""} /></span>
            <span class="quiet small">
              <${Ltr} of=${`${patient.mrn ?? ""}, ${other.mrn ?? ""}`} />
            </span>
            <span class="small">
              ${[t(`grade-${grade}`), ...reasons.map(inWords)].join(" · ")}
            </span>
          </div>
          <a
            class="button"
            href=${`#/duplicates/${place}`}
            aria-label=${t("conflict-look-at", { mrn: patient.mrn ?? "" })}
          >${t("conflict-look")}</a>
        </li>`;
      })}
    </ul>
    <${Pager} list=${list} />
    <${SentTwice} cursor=${now.cursor} />
  </section>`;
}

// Whom a program has sent twice: after a restore, or at two desks.
function SentTwice({ cursor }) {
  const list = useList("/api/sent-twice/", useCalm(cursor));
  if (!list.all?.length) return null;
  return html`<section class="stack" aria-labelledby="twice">
    <h2 id="twice">${t("twice-title")}</h2>
    <p class="quiet">${t("twice-why")}</p>
    <ul class="entries">
      ${list.all.map(({ patients: [first, ...others] }) =>
        others.map(
          (other) => html`<li key=${other.id} class="card entry">
            <div class="main">
              <span><${Name} of=${first.full_name ?? ""} /> / <${Name} of=${other.full_name ?? ""} /></span>
              <span class="quiet small">
                <${Ltr} of=${`${first.mrn ?? ""}, ${other.mrn ?? ""}`} />
              </span>
            </div>
            <a
              class="button"
              href=${`#/duplicates/${other.id}-${first.id}`}
              aria-label=${t("conflict-look-at", { mrn: other.mrn ?? "" })}
            >${t("conflict-look")}</a>
          </li>`,
        ),
      )}
    </ul>
    <${Pager} list=${list} />
  </section>`;
}

export function Duplicate({ id }) {
  const [later, earlier] = id.split("-");
  const [compared, setCompared] = useState(null);
  const { fault, run } = useAct();
  const form = useForm({ act: "merge", why: "" });
  const { act, why } = form.values;
  useEffect(() => {
    run(async () => setCompared(await ask("GET", `/api/patients/${later}/compare/${earlier}/`)));
  }, [id]);
  if (!compared) return html`<${Fault} of=${fault} />`;
  const { one, other, seen } = compared;
  const decide = async () => {
    const body = { why, seen };
    if (act === "two-people") body.other = other.record_id;
    else body.into = other.record_id;
    await ask("POST", `/api/patients/${one.id}/${act}/`, body);
    go("#/duplicates");
  };
  return html`<section class="stack">
    <p><a href="#/duplicates">${t("nav-duplicates")}</a></p>
    <${Title}>${t("duplicate-title")}<//>
    <${SideBySide}
      people=${[
        [t("duplicate-later"), one],
        [t("duplicate-earlier"), other],
      ]}
      differs=${compared.differs ?? []}
    />
    <${Sending}
      class="card decide"
      form=${form}
      send=${decide}
      label=${t("conflict-do")}
      ready=${why.trim()}
    >
      <h2>${t("conflict-decide")}</h2>
      <${Field} id="act" label=${t("conflict-what")} ...${form.field("act")}>
        <option value="merge">${t("duplicate-merge")}</option>
        <option value="two-people">${t("duplicate-two-people")}</option>
      <//>
      <p class="small quiet">${t(`duplicate-${act}-what`)}</p>
      <${Why} form=${form} />
    <//>
  </section>`;
}
