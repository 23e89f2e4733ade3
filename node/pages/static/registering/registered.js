// A number that was just given: large, to be printed or written on a card.

import { html, useState } from "/static/shared/vendor/htm-preact.js";
import { t } from "/static/shared/texts.js";
import { Ltr, Name, Notice, Unconfirmed, go, isPrintKey, useKey } from "../parts.js";
import { notePrinted, print } from "../printing/printing.js";

export function Registered({ registered, now }) {
  const { person, again, others, mother } = registered;
  // Whom the clerk has called somebody else beside the form she is not asked about again.
  const alike = (person.possible_duplicates ?? []).filter((one) => !others.includes(one.id));
  const [printing, setPrinting] = useState(false);
  const printed = async () => {
    setPrinting(true);
    await print([person]);
    await notePrinted([person], now?.terminal);
    setPrinting(false);
  };
  useKey(isPrintKey, printed);
  return html`<section class="registered" aria-labelledby="registered-title">
    <h2 id="registered-title">${again ? t("registered-again") : t("registered-title")}</h2>
    <p class="given"><${Ltr} of=${person.mrn} /></p>
    <p class="whose"><${Name} of=${person.full_name} /></p>
    <${Unconfirmed} of=${person} />
    ${person.is_offline_entry && html`<p class="quiet small">${t("registered-offline")}</p>`}
    <div class="row">
      <button class="button first" onClick=${printed} disabled=${printing}>
        ${t("person-print")} <kbd class="ltr">Ctrl P</kbd>
      </button>
      <a class="button" href=${`#/person/${person.id}`}>${t("registered-open")}</a>
      ${
        mother &&
        html`<button
          class="button"
          onClick=${() => go(`#/new/${crypto.randomUUID()}/${encodeURIComponent(mother)}`)}
        >
          ${t("registered-next-newborn")}
        </button>`
      }
    </div>
    ${
      alike.length > 0 &&
      html`<${Notice} kind="warn">
      <p>${t("registered-alike")}</p>
      <ul>
        ${alike.map(
          (one) => html`<li key=${one.id}>
            <a class="row" href=${`#/person/${one.id}`}>
              <${Name} of=${one.full_name} /><${Ltr} of=${one.mrn} />
            </a>
          </li>`,
        )}
      </ul>
    <//>`
    }
  </section>`;
}
