// Numbers printed ahead for the day on which even the computer is gone, and typing them in later.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { call, get } from "/static/shared/calls.js";
import { moment, t } from "/static/shared/texts.js";
import { NewPerson, refusalOf } from "../registering/new.js";
import { Ltr, Name, Notice, Title, go, isBackKey, useCalm, useKey, useTurn } from "../parts.js";
import { printFrom } from "./printing.js";

const SHOWN_MAX = 5;

export function Sheets({ now, clerk }) {
  const [sheets, setSheets] = useState(null);
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const look = useTurn();
  const cursor = useCalm(now?.cursor);
  useKey(isBackKey, () => go("#/"));
  const read = () =>
    look(() =>
      get(`/api/sheets/?page_size=${SHOWN_MAX}`).then((page) => setSheets(page.results), () => {}),
    );
  useEffect(() => {
    read();
  }, [cursor]);
  const take = async (another) => {
    setBusy(true);
    setRefusal("");
    try {
      const body = { another, ...(clerk && { operator: clerk }) };
      const { answer } = await call("POST", "/api/sheets/", body);
      await read();
      await printFrom(`/sheet/?id=${answer.id}`);
    } catch (error) {
      setRefusal(refusalOf(error));
    }
    setBusy(false);
  };
  const unused = sheets?.[0] && sheets[0].left === sheets[0].numbers.length;
  return html`<section class="stack">
    <header class="row apart">
      <${Title}>${t("sheet-title")}<//>
      <span class="row">
        ${
          unused &&
          html`<button class="button" disabled=${busy} onClick=${() => take(true)}>
            ${t("sheet-another")}
          </button>`
        }
        ${
          // Before the newest sheet is known, a button would not say what it does.
          sheets &&
          html`<button class="button first" disabled=${busy} onClick=${() => take(false)}>
            ${unused ? t("sheet-again") : t("sheet-take")}
          </button>`
        }
      </span>
    </header>
    <p>${t("sheet-why")}</p>
    ${refusal && html`<${Notice} kind="bad" role="alert">${refusal}<//>`}
    ${sheets?.length === 0 && html`<p class="quiet empty">${t("sheet-none")}</p>`}
    ${sheets?.map((one, at) => html`<${Sheet} key=${one.id} of=${one} open=${at === 0} />`)}
  </section>`;
}

function Sheet({ of: sheet, open }) {
  const numbers = sheet.numbers;
  return html`<details class="card sheet-of-numbers" open=${open}>
    <summary>
      <${Ltr} class="mrn" of=${`${numbers[0].mrn} – ${numbers.at(-1).mrn}`} />
      <span class="quiet small">
        <${Ltr} of=${moment(sheet.printed_at)} /> · ${t("sheet-left", { count: sheet.left })}
      </span>
    </summary>
    <div class="stack">
      <p>
        <button class="button" onClick=${() => printFrom(`/sheet/?id=${sheet.id}`)}>
          ${t("sheet-reprint")}
        </button>
      </p>
      <ul class="found">
        ${numbers.map(
          (line) => html`<li key=${line.mrn}>
            <a
              class="person"
              href=${
                line.patient === null
                  ? `#/paper/${crypto.randomUUID()}/${encodeURIComponent(line.mrn)}`
                  : `#/person/${line.patient}`
              }
            >
              <${Ltr} class="mrn" of=${line.mrn} />
              ${
                line.patient === null
                  ? html`<span class="main quiet">${t("sheet-type-in")}</span>`
                  : html`<span class="main"><${Name} of=${line.full_name ?? "–"} /></span>`
              }
            </a>
          </li>`,
        )}
      </ul>
    </div>
  </details>`;
}

// The form of somebody who was written on a sheet.
export const PaperPerson = (props) =>
  html`<${NewPerson} ...${{ ...props, more: "", paper: props.more }} />`;
