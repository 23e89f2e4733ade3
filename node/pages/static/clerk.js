// Who works here: a name from the administrator's list, or one that is typed if there is none.

import { html, useRef, useState } from "/static/shared/vendor/htm-preact.js";
import { t } from "/static/shared/texts.js";
import { Name } from "./parts.js";

const KEPT = "mrnmesh-clerk";

export const clerkOf = () => localStorage.getItem(KEPT) ?? "";

export function Clerk({ clerk, clerks, choose }) {
  const dialog = useRef();
  const [name, setName] = useState(clerk);
  const be = (who) => {
    localStorage.setItem(KEPT, who.trim());
    choose(who.trim());
    dialog.current.close();
  };
  const typed = (event) => {
    event.preventDefault();
    be(name);
  };
  return html`
    <button class="button plain" onClick=${() => dialog.current.showModal()}>
      <span class="unseen">${t("clerk-label")}</span>
      ${clerk ? html`<${Name} of=${clerk} />` : t("clerk-none")}
    </button>
    <dialog ref=${dialog} aria-labelledby="clerk-title">
      <div class="stack">
        <h2 id="clerk-title">${t("clerk-title")}</h2>
        <p class="quiet small">${t("clerk-why")}</p>
        ${
          clerks.length > 0
            ? html`<ul class="stack tight">
              ${clerks.map(
                (one) => html`<li key=${one}>
                  <button
                    class=${`button wide ${one === clerk ? "first" : ""}`}
                    onClick=${() => be(one)}
                  >
                    <${Name} of=${one} />
                  </button>
                </li>`,
              )}
            </ul>`
            : html`<form class="stack" onSubmit=${typed}>
              <div class="field">
                <label for="clerk-name">${t("clerk-type")}</label>
                <input
                  id="clerk-name"
                  class="input name"
                  dir="auto"
                  maxlength="100"
                  autocomplete="off"
                  value=${name}
                  onInput=${(event) => setName(event.target.value)}
                />
              </div>
              <button class="button first" type="submit">${t("clerk-save")}</button>
            </form>`
        }
        <div class="row">
          ${
            clerk &&
            html`<button class="button plain" onClick=${() => be("")}>${t("clerk-nobody")}</button>`
          }
          <button class="button plain" onClick=${() => dialog.current.close()}>
            ${t("page-close")}
          </button>
        </div>
      </div>
    </dialog>
  `;
}
