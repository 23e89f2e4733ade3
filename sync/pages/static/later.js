// Views whose program is fetched when they are opened first, so that the first page stays small.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Notice } from "/static/shared/parts.js";
import { t } from "/static/shared/texts.js";

const Missing = () => html`<${Notice} kind="bad" role="alert">${t("page-unreachable")}<//>`;

// The view that is called `name` in the module which `load` imports.
export function later(load, name) {
  return function Later(props) {
    const [View, setView] = useState(null);
    useEffect(() => {
      load().then(
        (module) => setView(() => module[name]),
        () => setView(() => Missing),
      );
    }, []);
    return View && html`<${View} ...${props} />`;
  };
}
