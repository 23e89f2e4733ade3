// People who look like the one in the form: "is it one of these?"

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { get } from "/static/shared/calls.js";
import { t } from "/static/shared/texts.js";
import { About, Ltr, Name } from "./parts.js";

const WAIT_MS = 200;
const SHOWN_MAX = 5;
const CNIC_LENGTH = 15;

// What to look for in a form: a whole CNIC says most, then the name.
function wanted(form) {
  const cnic = form.cnic.length === CNIC_LENGTH ? `cnic=${encodeURIComponent(form.cnic)}` : "";
  const name = form.full_name.trim();
  return [cnic, name.length > 1 ? `query=${encodeURIComponent(name)}` : ""].filter(Boolean);
}

export function Beside({ form, others, setOthers }) {
  const [people, setPeople] = useState(null);
  const queries = wanted(form);
  const all = queries.join("\n");
  useEffect(() => {
    if (!all) {
      setPeople(null);
      return undefined;
    }
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const pages = await Promise.all(
          queries.map((one) =>
            get(`/api/patients/?page_size=${SHOWN_MAX}&${one}`, { signal: stop.signal }),
          ),
        );
        const found = new Map(pages.flatMap((page) => page.results).map((one) => [one.id, one]));
        setPeople([...found.values()]);
      } catch {
        // Typed on, or no answer: the line above the page says so. The form works without.
      }
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [all]);
  const shown = (people ?? []).filter((one) => !others.includes(one.id)).slice(0, SHOWN_MAX);
  return html`<aside class="stack" aria-labelledby="beside-title">
    <h2 id="beside-title">${t("new-beside")}</h2>
    <p class="quiet small" role="status">
      ${people === null ? t("new-beside-wait") : shown.length === 0 && t("new-beside-none")}
    </p>
    <ul class="stack tight">
      ${shown.map(
        (person) => html`<li key=${person.id} class="card alike">
          <${Name} of=${person.full_name} />
          <${About} of=${person} />
          <p class="row small">
            <${Ltr} class="mrn" of=${person.mrn} />
            <span class="quiet"><${Ltr} of=${person.origin_terminal_code ?? ""} /></span>
          </p>
          <div class="row">
            <a class="button" href=${`#/person/${person.id}`}>${t("new-same")}</a>
            <button
              class="button plain"
              type="button"
              onClick=${() => setOthers([...others, person.id])}
            >
              ${t("new-other")}
            </button>
          </div>
        </li>`,
      )}
    </ul>
  </aside>`;
}
