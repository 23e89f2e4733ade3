// The ledger of numbers: what became of each, and all of them drawn to scale.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Title, useCalm } from "/static/shared/parts.js";
import { number, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, useLook } from "../parts/forms.js";
import { Pager, useList } from "../parts/lists.js";

export function LedgerOf({ now }) {
  const cursor = useCalm(now.cursor);
  const list = useList("/api/ledger/", cursor);
  return html`<section class="stack">
    <header class="row apart">
      <${Title}>${t("nav-ledger")}<//>
      <a class="button unprinted" href="/api/reports/ledger.csv" download>CSV</a>
    </header>
    <p class="quiet">${t("ledger-why")}</p>
    <${Space} cursor=${cursor} />
    <${Fault} of=${list.fault} />
    ${list.all?.length === 0 && html`<p class="quiet">${t("ledger-none")}</p>`}
    <ul class="entries">
      ${list.all?.map(
        (one) => html`<li key=${one.name} class="card entry">
          <div class="main">
            <a class="code" href=${`#/ledger/${one.name}`}><${Ltr} class="mrn" of=${one.name} /></a>
            <span class="quiet small">
              ${one.terminal ? html`<${Ltr} of=${one.terminal} />` : t("ledger-online")}
            </span>
            <${Kinds} of=${one} />
          </div>
        </li>`,
      )}
    </ul>
    <${Pager} list=${list} />
  </section>`;
}

function Kinds({ of }) {
  const size = of.last - of.first + 1;
  let x = 0;
  return html`<svg class="kinds" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
      ${of.kinds.map((one) => {
        const from = x;
        x += (1000 * one.count) / size;
        return html`<rect class=${`kind ${one.kind}`} x=${from} width=${x - from} height="10" />`;
      })}
    </svg>
    <ul class="row small">
      ${of.kinds.map(
        (one) => html`<li key=${one.kind} class="key">
          <svg viewBox="0 0 12 12" aria-hidden="true">
            <rect class=${`kind ${one.kind}`} width="12" height="12" rx="2" />
          </svg>
          ${t(`kind-${one.kind}`)} <${Ltr} of=${number(one.count)} />
        </li>`,
      )}
    </ul>`;
}

// All ranges and the pool on one line, from the first number to the last.
function Space({ cursor }) {
  const [parts, setParts] = useState([]);
  const { fault, look } = useLook();
  useEffect(() => {
    look(async () => setParts((await ask("GET", "/api/number-space/")).results));
  }, [cursor]);
  if (parts.length === 0) return html`<${Fault} of=${fault} />`;
  const low = Math.min(...parts.map((part) => part.first));
  const high = Math.max(...parts.map((part) => part.last)) + 1;
  const place = (value) => (1000 * (value - low)) / (high - low);
  return html`<figure class="card stack">
    <svg class="space" viewBox="0 0 1000 40" preserveAspectRatio="none" role="img"
      aria-label=${t("space-label", { count: parts.length - 1 })}>
      ${parts.map((part) => {
        const [x, end] = [place(part.first), place(part.last + 1)];
        const wide = Math.max(1, end - x);
        const used = Math.min(wide, place(part.first + part.used) - x);
        const top = part.what === "pool" ? 28 : 4;
        return html`<g>
          <rect class=${`part ${part.what} ${part.state}`} x=${x} y=${top} width=${wide} height=${part.what === "pool" ? 8 : 20} />
          ${used > 0 && html`<rect class="part used" x=${x} y=${top} width=${Math.max(1, used)} height="20" />`}
        </g>`;
      })}
    </svg>
    <div class="row apart small" dir="ltr">
      <${Ltr} of=${String(low)} />
      <${Ltr} of=${String(high - 1)} />
    </div>
    <figcaption class="row small">
      ${["range", "used", "pool", "closed"].map(
        (name) => html`<span key=${name} class="key">
          <svg viewBox="0 0 12 12" aria-hidden="true">
            <rect class=${`part ${name}`} width="12" height="12" rx="2" />
          </svg>
          ${t(`space-${name}`)}
        </span>`,
      )}
    </figcaption>
  </figure>`;
}

// Numbers that lead to somebody.
const OF_PEOPLE = ["confirmed", "waiting", "by_hand", "imported", "merged", "void", "former", "refused"];

// The first and the last number of a stretch, each with the record that it leads to.
function Ends({ of: one }) {
  const ends = one.first === one.last ? [one.first_mrn] : [one.first_mrn, one.last_mrn];
  if (!OF_PEOPLE.includes(one.kind)) return html`<${Ltr} class="mrn" of=${ends.join(" – ")} />`;
  return html`<bdi class="ltr mrn">
    ${ends.map(
      (mrn, at) => html`${at > 0 && " – "}<a
        class="back"
        href=${`#/people/number:${encodeURIComponent(mrn)}`}
      >${mrn}</a>`,
    )}
  </bdi>`;
}

export function Series({ id, now }) {
  const [found, setFound] = useState(null);
  const { fault, look } = useLook();
  const cursor = useCalm(now.cursor);
  useEffect(() => {
    look(async () => setFound((await ask("GET", `/api/ledger/${id}/`)).results));
  }, [id, cursor]);
  return html`<section class="stack">
    <p class="unprinted"><a href="#/ledger">${t("nav-ledger")}</a></p>
    <${Title}><${Ltr} class="mrn" of=${id} /><//>
    <${Fault} of=${fault} />
    ${
      found &&
      html`<div class="scrolls" role="region" tabindex="0" aria-label=${t("nav-ledger")}>
        <table class="rows">
          <thead>
            <tr>
              ${["numbers", "count", "kind", "because"].map(
                (head) => html`<th scope="col">${t(`ledger-${head}`)}</th>`,
              )}
            </tr>
          </thead>
          <tbody>
            ${found.map(
              (one) => html`<tr key=${one.first}>
                <td>
                  <${Ends} of=${one} />
                </td>
                <td><${Ltr} of=${number(one.count)} /></td>
                <td>${t(`kind-${one.kind}`)}</td>
                <td>${t(`kind-${one.kind}-what`)}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>`
    }
  </section>`;
}
