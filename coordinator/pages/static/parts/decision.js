// A decision about two people who stand side by side: what is decided, what stays, and why.

import { html } from "/static/shared/vendor/htm-preact.js";
import { Refused } from "/static/shared/calls.js";
import { Result } from "/static/shared/choosing.js";
import { t } from "/static/shared/texts.js";
import { Fault, Sending, Why } from "./forms.js";

// `children` say what is decided; `table` shows the two. With `choice`, see `useChoice`, the values
// that stay are chosen in it. `look` fetches both anew, `send` and `done` are those of `Sending`.
export function Decision({ form, choice, table, fields, look, send, done, children }) {
  const act = async () => {
    try {
      await send();
    } catch (error) {
      // They are shown as they are now, and what was chosen stays chosen.
      if (error instanceof Refused && error.code === "seen_otherwise") await look();
      throw error;
    }
  };
  return html`<${Sending}
    form=${form}
    send=${act}
    done=${done}
    label=${t("conflict-do")}
    ready=${form.values.why.trim()}
  >
    <div class="stack decide">${children}</div>
    ${choice?.choosable.length > 0 && html`<p class="quiet">${t("choose-values")}</p>`}
    ${table}
    ${choice && html`<${Result} of=${choice.result} fields=${fields} />`}
    <div class="decide"><${Why} form=${form} /></div>
    <${Fault} of=${form.faults.take ?? ""} />
  <//>`;
}
