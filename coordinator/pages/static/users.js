// The people who may sign in.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Name, Title } from "/static/shared/parts.js";
import { day, t } from "/static/shared/texts.js";
import { ask } from "./asking.js";
import { Dialog, Fault, Field, Form, useAct } from "./forms.js";

const ROLES = ["administrator", "registrar", "reader"];

const Roles = ({ role, setRole }) => html`<${Field}
  id="user-role"
  label=${t("user-role")}
  hint=${t(`role-may-${role}`)}
  value=${role}
  change=${setRole}
>
  ${ROLES.map((one) => html`<option value=${one}>${t(`role-${one}`)}</option>`)}
<//>`;

export function Users({ me }) {
  const [users, setUsers] = useState(null);
  const [open, setOpen] = useState(null);
  const { fault, run } = useAct();
  const look = () => ask("GET", "/api/users/").then((found) => setUsers(found.results));
  useEffect(() => {
    run(look);
  }, []);
  const done = () => {
    setOpen(null);
    run(look);
  };
  return html`<section class="stack">
    <header class="row apart">
      <${Title}>${t("nav-users")}<//>
      <button class="button first" onClick=${() => setOpen("new")}>${t("user-add")}</button>
    </header>
    <${Fault} of=${fault} />
    <ul class="entries">
      ${(users ?? []).map(
        (user) => html`<li key=${user.name} class="card entry">
          <div class="main">
            <strong><${Name} of=${user.name} /></strong>
            <span class="quiet small">
              ${t(`role-${user.role}`)} · ${t("user-since", { day: day(user.created_at.slice(0, 10)) })}
            </span>
          </div>
          ${!user.is_active && html`<span class="chip bad">${t("user-disabled")}</span>`}
          ${user.name === me.name && html`<span class="chip good">${t("user-you")}</span>`}
          <button
            class="button"
            aria-label=${t("user-change-of", { name: user.name })}
            onClick=${() => setOpen(user)}
          >
            ${t("user-change")}
          </button>
        </li>`,
      )}
    </ul>
    ${open === "new" && html`<${NewUser} done=${done} close=${() => setOpen(null)} />`}
    ${
      open &&
      open !== "new" &&
      html`<${ChangeUser} user=${open} done=${done} close=${() => setOpen(null)} />`
    }
  </section>`;
}

function NewUser({ done, close }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState("registrar");
  const [password, setPassword] = useState("");
  const { busy, fault, faults, run } = useAct();
  const act = async () => {
    if (await run(() => ask("POST", "/api/users/", { name, role, password }))) done();
  };
  return html`<${Dialog} title=${t("user-add")} close=${close}>
    <${Form} act=${act}>
      <${Field}
        id="user-name"
        label=${t("sign-in-name")}
        value=${name}
        change=${setName}
        fault=${faults.name}
        class="name"
        dir="auto"
        autocomplete="off"
      />
      <${Roles} role=${role} setRole=${setRole} />
      <${Field}
        id="user-password"
        type="password"
        label=${t("user-password")}
        hint=${t("password-hint")}
        value=${password}
        change=${setPassword}
        fault=${faults.password}
        autocomplete="new-password"
      />
      <${Fault} of=${fault} />
      <div class="row">
        <button class="button first" type="submit" disabled=${busy}>${t("form-save")}</button>
        <button class="button plain" type="button" onClick=${close}>${t("page-cancel")}</button>
      </div>
    <//>
  <//>`;
}

function ChangeUser({ user, done, close }) {
  const [role, setRole] = useState(user.role);
  const [active, setActive] = useState(user.is_active ? "yes" : "no");
  const [password, setPassword] = useState("");
  const { busy, fault, faults, run } = useAct();
  const act = async () => {
    const body = {};
    if (role !== user.role) body.role = role;
    if ((active === "yes") !== user.is_active) body.is_active = active === "yes";
    if (password) body.password = password;
    const path = `/api/users/${encodeURIComponent(user.name)}/`;
    if (await run(() => ask("PATCH", path, body))) done();
  };
  return html`<${Dialog} title=${user.name} close=${close}>
    <${Form} act=${act}>
      <${Roles} role=${role} setRole=${setRole} />
      <${Field} id="user-active" label=${t("user-active")} value=${active} change=${setActive}>
        <option value="yes">${t("user-active-yes")}</option>
        <option value="no">${t("user-active-no")}</option>
      <//>
      <${Field}
        id="user-password"
        type="password"
        label=${t("user-new-password")}
        hint=${t("user-password-ends")}
        value=${password}
        change=${setPassword}
        fault=${faults.password}
        autocomplete="new-password"
      />
      <${Fault} of=${fault} />
      <div class="row">
        <button class="button first" type="submit" disabled=${busy}>${t("form-save")}</button>
        <button class="button plain" type="button" onClick=${close}>${t("page-cancel")}</button>
      </div>
    <//>
  <//>`;
}
