// Forms that were begun: the desk's program keeps them, so that a reload or a closed lid loses none.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { call, get } from "/static/shared/calls.js";
import { t } from "/static/shared/texts.js";
import { Name } from "../parts.js";

// One call after the other: requests may overtake each other, and a form that is given up would
// come back if it were kept after that.
let last = Promise.resolve();
const oneByOne = (act) => {
  last = last.then(act, act);
  return last;
};

// The forms of a clerk, the newest first.
export const draftsOf = async (clerk) =>
  (await oneByOne(() => get(`/api/drafts/?operator=${encodeURIComponent(clerk)}`))).results;

export const keepDraft = (draft) => oneByOne(() => call("POST", "/api/drafts/", draft));

export const dropDraft = (key) => oneByOne(() => call("DELETE", `/api/drafts/${key}/`));

export function Drafts({ clerk }) {
  const [drafts, setDrafts] = useState([]);
  useEffect(() => {
    draftsOf(clerk).then(setDrafts, () => {});
  }, [clerk]);
  const drop = async (draft) => {
    await dropDraft(draft.key);
    setDrafts((all) => all.filter((one) => one.key !== draft.key));
  };
  if (drafts.length === 0) return null;
  return html`<section class="stack drafts">
    <h2>${t("draft-title")}</h2>
    <ul class="stack tight">
      ${drafts.map(
        (draft) => html`<li key=${draft.key} class="row apart card">
          ${
            draft.fields.full_name
              ? html`<${Name} of=${draft.fields.full_name} />`
              : html`<span class="quiet">${t("draft-unnamed")}</span>`
          }
          <span class="row">
            <button class="button plain" onClick=${() => drop(draft)}>${t("draft-drop")}</button>
            <a class="button" href=${`#/new/${draft.key}`}>${t("draft-on")}</a>
          </span>
        </li>`,
      )}
    </ul>
  </section>`;
}
