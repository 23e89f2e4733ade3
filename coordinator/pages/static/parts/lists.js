// Lists that come in pages: one page at a time, so that a long list is no long page.

import { html, useEffect, useRef, useState } from "/static/shared/vendor/htm-preact.js";
import { instant, t } from "/static/shared/texts.js";
import { ask } from "./asking.js";
import { useLook } from "./forms.js";

const PAGE = 20;

// What `path` lists, read anew when `again` changes; `all` is null until it is there.
export function useList(path, again, size = PAGE) {
  const [page, setPage] = useState(1);
  const [found, setFound] = useState(null);
  const { fault, look } = useLook();
  const newest = useRef(path);
  newest.current = path;
  useEffect(() => setPage(1), [path]);
  useEffect(() => {
    const mark = path.includes("?") ? "&" : "?";
    look(async () => {
      const answer = await ask("GET", `${path}${mark}page=${page}&page_size=${size}`);
      // Somebody may have chosen another list meanwhile.
      if (path === newest.current) setFound(answer);
    });
  }, [path, page, again]);
  return { all: found?.results ?? null, count: found?.count ?? 0, page, setPage, size, fault };
}

// When a day begins at the facility, and when it ends.
export const dayBegins = (day) => instant(`${day}T00:00:00`);
export const dayEnds = (day) =>
  new Date(Date.parse(instant(`${day}T23:59:59`)) + 999).toISOString();

// Which of several lists is shown. `choices` are [value, text], `label` says what they are.
export const Choices = ({ label, choices, chosen, choose }) =>
  html`<div class="row" role="group" aria-label=${label}>
    ${choices.map(
      ([value, text]) => html`<button
        key=${value}
        class="button"
        aria-pressed=${value === chosen ? "true" : "false"}
        onClick=${() => choose(value)}
      >${text}</button>`,
    )}
  </div>`;

export function Pager({ list }) {
  const last = Math.max(1, Math.ceil(list.count / list.size));
  if (last === 1) return null;
  return html`<nav class="row pager" aria-label=${t("list-pages")}>
    <button
      class="button"
      disabled=${list.page === 1}
      onClick=${() => list.setPage(list.page - 1)}
    >${t("list-before")}</button>
    <span>${t("list-page", { page: list.page, last })}</span>
    <button
      class="button"
      disabled=${list.page >= last}
      onClick=${() => list.setPage(list.page + 1)}
    >${t("list-after")}</button>
  </nav>`;
}
