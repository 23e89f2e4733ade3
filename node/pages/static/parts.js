// Small pieces that all views of the page are made of.

import { html, useLayoutEffect, useRef } from "/static/shared/vendor/htm-preact.js";
import { Name } from "/static/shared/parts.js";
import { t } from "/static/shared/texts.js";

export { Known, Ltr, Name, Notice, Title, go, useCalm } from "/static/shared/parts.js";

// How old somebody is.
export function age(person) {
  if (person.age_years === null) return "";
  let text;
  if (person.age_years >= 2) text = t("age-years", { count: person.age_years });
  else if (person.age_years || person.age_months) {
    text = t("age-months", { count: 12 * person.age_years + person.age_months });
  } else text = t("age-days", { count: person.age_days });
  return person.dob_estimated ? t("age-about", { age: text }) : text;
}

const CHIPS = { admitted: "good", rejected: "bad" };

// How the number of a person stands.
export const Status = ({ of }) =>
  html`<span class=${`chip ${CHIPS[of] ?? ""}`}>${t(`person-status-${of}`)}</span>`;

// Age, sex and father of a person, in one line.
export function About({ of: person }) {
  const facts = [person.sex ? t(`sex-${person.sex}`) : "", age(person)].filter(Boolean);
  return html`<span class="about">
    ${person.father_name && html`<${Name} of=${person.father_name} />`}
    ${facts.map((one) => html`<span key=${one}>${one}</span>`)}
  </span>`;
}

// Do something at a key of the whole page, as long as the view is shown. What is typed into a field
// stays there.
export function useKey(matches, act) {
  const newest = useRef(act);
  newest.current = act;
  // As soon as the view is there: a key that is pressed before it is drawn counts too.
  useLayoutEffect(() => {
    const keyed = (event) => {
      if (!matches(event)) return;
      event.preventDefault();
      newest.current(event);
    };
    window.addEventListener("keydown", keyed);
    return () => window.removeEventListener("keydown", keyed);
  }, []);
}

// What a browser prints with this key is the page; here it is the label.
export const isPrintKey = (event) =>
  (event.ctrlKey || event.metaKey) && !event.shiftKey && event.code === "KeyP";

export const isBackKey = (event) =>
  event.key === "Escape" && !event.target.closest("input, dialog, form");
