// The passphrase of the desks' authority, which is asked for where it has one.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { t } from "/static/shared/texts.js";
import { ask } from "./asking.js";
import { Field } from "./forms.js";

// Returns `field`, which a form shows, and `body`, which goes along with what the form sends.
export function usePassphrase() {
  const [typed, setTyped] = useState("");
  const [locked, setLocked] = useState(false);
  useEffect(() => {
    ask("GET", "/api/authority/").then((found) => setLocked(found.locked), () => {});
  }, []);
  const field =
    locked &&
    html`<${Field}
      id="enrol-passphrase"
      type="password"
      label=${t("enrol-passphrase")}
      value=${typed}
      change=${setTyped}
      autocomplete="off"
    />`;
  return { field, body: typed ? { passphrase: typed } : {} };
}
