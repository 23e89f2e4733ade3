// Labels to print: those of changed numbers first, then those that were not printed yet.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { get } from "/static/shared/calls.js";
import { t } from "/static/shared/texts.js";
import { About, Ltr, Name, Notice, Title, go, isBackKey, useCalm, useKey, useTurn } from "../parts.js";
import { notePrinted, print } from "./printing.js";

export function Labels({ now }) {
  const [again, setAgain] = useState([]);
  const [unprinted, setUnprinted] = useState(null);
  const look = useTurn();
  const cursor = useCalm(now?.cursor);
  useKey(isBackKey, () => go("#/"));
  const read = () =>
    look(() =>
      Promise.all([get("/api/status/"), get("/api/day/")]).then(
        ([status, work]) => {
          const changed = status.cards_to_reprint.results;
          const ids = changed.map((person) => person.id);
          setAgain(changed);
          setUnprinted(work.unprinted.filter((person) => !ids.includes(person.id)));
        },
        () => {},
      ),
    );
  useEffect(() => {
    read();
  }, [cursor, now?.cards]);

  const printAll = async () => {
    await print(unprinted);
    await notePrinted(unprinted, now.terminal);
    await read();
  };
  return html`<section class="stack">
    <${Title}>${t("labels-title")}<//>
    ${again.length > 0 && html`<${Again} ...${{ again, read, now }} />`}
    ${unprinted?.length === 0 &&
    again.length === 0 &&
    html`<p class="quiet empty">${t("labels-none")}</p>`}
    ${
      unprinted?.length > 0 &&
      html`<div class="row apart">
        <h2>${t("labels-unprinted")}</h2>
        <button class="button first" onClick=${printAll}>
          ${t("labels-print", { count: unprinted.length })}
        </button>
      </div>
      <ul class="found">
        ${unprinted.map(
          (person) => html`<li key=${person.id}>
            <a class="person" href=${`#/person/${person.id}`}>
              <span class="main"><${Name} of=${person.full_name} /><${About} of=${person} /></span>
              <${Ltr} class="mrn" of=${person.mrn} />
            </a>
          </li>`,
        )}
      </ul>`
    }
  </section>`;
}

// Cards that show a number which is not the person's any more. Whether the new one came out of the
// printer only the clerk sees, so she is asked.
function Again({ again, read, now }) {
  const [asked, setAsked] = useState(null);
  const printed = async (person) => {
    await print([person]);
    setAsked(person.id);
  };
  const out = async (person) => {
    await notePrinted([person], now.terminal);
    setAsked(null);
    await read();
  };
  return html`<${Notice} kind="warn">
    <h2>${t("labels-again")}</h2>
    <p>${t("labels-again-why")}</p>
    <ul class="stack tight">
      ${again.map(
        (person) => html`<li key=${person.id} class="card row apart">
          <span class="main">
            <a class="button plain" href=${`#/person/${person.id}`}>
              <${Name} of=${person.full_name} />
            </a>
            <span class="row small">
              <${Ltr} class="mrn" of=${person.mrn} />
              <span class="quiet">${t("labels-old", { number: person.card_shows ?? "–" })}</span>
            </span>
          </span>
          ${
            asked === person.id
              ? html`<span class="row" role="group" aria-label=${t("labels-out")}>
                <span>${t("labels-out")}</span>
                <button class="button first" onClick=${() => out(person)}>
                  ${t("labels-yes")}
                </button>
                <button class="button" onClick=${() => printed(person)}>${t("labels-no")}</button>
              </span>`
              : html`<button class="button first" onClick=${() => printed(person)}>
                ${t("labels-new")}
              </button>`
          }
        </li>`,
      )}
    </ul>
  <//>`;
}
