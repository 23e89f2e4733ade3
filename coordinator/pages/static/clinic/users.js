// The people who may sign in.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Name, Title } from "/static/shared/parts.js";
import { day, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, FormDialog, useForm, useLook } from "../parts/forms.js";

const ROLES = ["administrator", "registrar", "reader"];

const Roles = ({ form }) => html`<${Field}
  id="user-role"
  label=${t("user-role")}
  hint=${t(`role-may-${form.values.role}`)}
  ...${form.field("role")}
>
  ${ROLES.map((one) => html`<option value=${one}>${t(`role-${one}`)}</option>`)}
<//>`;

const Password = ({ form, label, hint }) => html`<${Field}
  id="user-password"
  type="password"
  label=${label}
  hint=${hint}
  ...${form.field("password")}
  autocomplete="new-password"
/>`;

export function Users({ me }) {
  const [users, setUsers] = useState(null);
  const [open, setOpen] = useState(null);
  const { fault, look } = useLook();
  const read = () => ask("GET", "/api/users/").then((found) => setUsers(found.results));
  useEffect(() => {
    look(read);
  }, []);
  const done = () => {
    setOpen(null);
    look(read);
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
  const form = useForm({ name: "", role: "registrar", password: "" });
  return html`<${FormDialog}
    title=${t("user-add")}
    form=${form}
    send=${() => ask("POST", "/api/users/", form.values)}
    label=${t("form-save")}
    done=${done}
    close=${close}
  >
    <${Field}
      id="user-name"
      label=${t("sign-in-name")}
      ...${form.field("name")}
      class="name"
      dir="auto"
      autocomplete="off"
    />
    <${Roles} form=${form} />
    <${Password} form=${form} label=${t("user-password")} hint=${t("password-hint")} />
  <//>`;
}

function ChangeUser({ user, done, close }) {
  const form = useForm({ role: user.role, active: user.is_active ? "yes" : "no", password: "" });
  const { role, active, password } = form.values;
  const send = () => {
    const body = {};
    if (role !== user.role) body.role = role;
    if ((active === "yes") !== user.is_active) body.is_active = active === "yes";
    if (password) body.password = password;
    return ask("PATCH", `/api/users/${encodeURIComponent(user.name)}/`, body);
  };
  return html`<${FormDialog}
    title=${user.name}
    form=${form}
    send=${send}
    label=${t("form-save")}
    done=${done}
    close=${close}
  >
    <${Roles} form=${form} />
    <${Field} id="user-active" label=${t("user-active")} ...${form.field("active")}>
      <option value="yes">${t("user-active-yes")}</option>
      <option value="no">${t("user-active-no")}</option>
    <//>
    <${Password} form=${form} label=${t("user-new-password")} hint=${t("user-password-ends")} />
  <//>`;
}
