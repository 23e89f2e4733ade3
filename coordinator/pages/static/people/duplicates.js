// People who are probably registered twice: one pair after the other, side by side.

import { html, useState } from "/static/shared/vendor/htm-preact.js";
import { Known, Ltr, Name, Title, useCalm } from "/static/shared/parts.js";
import { language, moment, t } from "/static/shared/texts.js";
import { Fault } from "../parts/forms.js";
import { Choices, Pager, useList } from "../parts/lists.js";
import { Pair } from "./pair.js";

// Why two may be one, in the language of the page.
const inWords = (reason) => reason[language().code] ?? reason.en;

const STATES = ["open", "dismissed", "merged"];

export function Duplicates({ now }) {
  const [state, setState] = useState("open");
  const list = useList(`/api/duplicates/?state=${state}`, useCalm(now.cursor));
  return html`<section class="stack">
    <${Title}>${t("nav-duplicates")}<//>
    <p class="quiet">${t("duplicates-why")}</p>
    <${Choices}
      label=${t("duplicates-which")}
      choices=${STATES.map((one) => [one, t(`duplicates-${one}`)])}
      chosen=${state}
      choose=${setState}
    />
    <${Fault} of=${list.fault} />
    ${list.all?.length === 0 && html`<p class="quiet">${t("duplicates-none")}</p>`}
    <ul class="entries">
      ${list.all?.map(({ patient, decided, others: [{ patient: other, grade, reasons }] }) => {
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
            ${
              decided &&
              html`<span class="small">
                <bdi>${decided.why}</bdi> · <${Name} of=${decided.who} /> <${Known} of=${decided.who_known} />,${" "}
                <${Ltr} of=${moment(decided.at)} />
              </span>`
            }
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
    ${state === "open" && html`<${SentTwice} cursor=${now.cursor} />`}
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

export const Duplicate = ({ id, now, me }) =>
  html`<${Pair} ...${{ id, now, me, back: { href: "#/duplicates", text: t("nav-duplicates") } }} />`;
