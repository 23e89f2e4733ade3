// Why something is so: in the words of these pages where the software has written it, and as it was
// typed where somebody has.

import { html } from "/static/shared/vendor/htm-preact.js";
import { moment, wholeText } from "/static/shared/texts.js";

// `fixed` is the reason by its code, null for one that was typed.
export function Reason({ of: text, fixed }) {
  const terms = fixed?.terms.made ? { made: moment(fixed.terms.made) } : {};
  const said = fixed && wholeText(`fixed-${fixed.code}`, terms);
  return said ? html`<span>${said}</span>` : html`<bdi>${text}</bdi>`;
}
