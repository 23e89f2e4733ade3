// Signing in, and one's own password.

import { html, useState } from "/static/shared/vendor/htm-preact.js";
import { Notice, Title } from "/static/shared/parts.js";
import { call } from "/static/shared/calls.js";
import { t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, Form, useAct } from "../parts/forms.js";

// `why` says why nobody is signed in any more, empty where nobody was.
export function SignIn({ why, signedIn }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { busy, fault, faults, run } = useAct();
  const act = () =>
    run(async () => {
      // Not by `ask`: a wrong password ends no session.
      const { answer } = await call("POST", "/api/sign-in/", { name, password });
      signedIn(answer);
    });
  return html`<${Form} act=${act} class="card narrow">
    <${Title}>${t("sign-in-title")}<//>
    ${why && html`<${Notice}>${t(`sign-in-${why}`)}<//>`}
    <${Field}
      id="name"
      label=${t("sign-in-name")}
      value=${name}
      change=${setName}
      fault=${faults.name}
      class="name"
      dir="auto"
      autocomplete="username"
      autocapitalize="none"
      spellcheck=${false}
      required
    />
    <${Field}
      id="password"
      type="password"
      label=${t("sign-in-password")}
      value=${password}
      change=${setPassword}
      fault=${faults.password}
      autocomplete="current-password"
      required
    />
    <${Fault} of=${fault} />
    <button class="button first" type="submit" disabled=${busy}>${t("sign-in-act")}</button>
    <p class="hint">${t("sign-in-lost")}</p>
  <//>`;
}

export function Me({ me }) {
  const [present, setPresent] = useState("");
  const [wanted, setWanted] = useState("");
  const [saved, setSaved] = useState(false);
  const { busy, fault, run } = useAct();
  const act = async () => {
    setSaved(false);
    const done = await run(() => call("POST", "/api/password/", { present, new: wanted }));
    setSaved(done);
    if (done) {
      setPresent("");
      setWanted("");
    }
  };
  return html`<section class="stack">
    <${Title}>${t("me-title")}<//>
    <p class="quiet">${t("me-role", { name: me.name, role: t(`role-${me.role}`) })}</p>
    <${Form} act=${act} class="card narrow">
      <h2>${t("me-password")}</h2>
      <input type="hidden" name="username" autocomplete="username" value=${me.name} />
      <${Field}
        id="present"
        type="password"
        label=${t("me-present")}
        value=${present}
        change=${setPresent}
        autocomplete="current-password"
      />
      <${Field}
        id="wanted"
        type="password"
        label=${t("me-new")}
        hint=${t("password-hint")}
        value=${wanted}
        change=${setWanted}
        autocomplete="new-password"
      />
      <${Fault} of=${fault} />
      <p class="saved" role="status">${saved && t("form-saved")}</p>
      <button class="button first" type="submit" disabled=${busy}>${t("me-change")}</button>
    <//>
  </section>`;
}

// End the session of this browser.
export const signOut = () => ask("POST", "/api/sign-out/");
