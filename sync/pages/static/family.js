// Who belongs to whom.

import { get } from "./calls.js";
import { Ltr, Name, useTurn } from "./parts.js";
import { t } from "./texts.js";
import { html, useEffect, useState } from "./vendor/htm-preact.js";

// A newborn's mother, by her record id; `href` says where she leads to, if she is to lead anywhere.
export function Mother({ id, href, cursor }) {
  const [mother, setMother] = useState(null);
  const look = useTurn();
  useEffect(() => {
    setMother(null);
    // Her record may still be at another desk.
    look(() => get(`/api/patients/${id}/`).then(setMother, () => {}));
  }, [id, cursor]);
  if (!mother) return t("family-elsewhere");
  const name = html`<${Name} of=${mother.full_name ?? "–"} />`;
  if (href) return html`<a href=${href(mother)}>${name}</a>`;
  return html`${name} <${Ltr} of=${mother.mrn ?? "–"} />`;
}

// A newborn's mother, and a mother's newborns.
export function Family({ of: person, cursor, href }) {
  const [babies, setBabies] = useState([]);
  const look = useTurn();
  useEffect(() => {
    look(() =>
      get(`/api/patients/?mother=${person.record_id}`).then(
        (page) => setBabies(page.results),
        () => {},
      ),
    );
  }, [person.record_id, cursor]);
  return html`${
    person.mother &&
    html`<p>
      <span class="quiet">${t("family-mother")}:</span>${" "}
      <${Mother} id=${person.mother} ...${{ href, cursor }} />
    </p>`
  }
  ${
    babies.length > 0 &&
    html`<div>
      <p class="quiet">${t("family-babies")}</p>
      <ul>
        ${babies.toSorted((one, other) => one.birth_order - other.birth_order).map(
          (baby) => html`<li key=${baby.id}>
            <a class="row touch" href=${href(baby)}>
              <${Name} of=${baby.full_name} /><${Ltr} class="mrn" of=${baby.mrn ?? "–"} />
            </a>
          </li>`,
        )}
      </ul>
    </div>`
  }`;
}
