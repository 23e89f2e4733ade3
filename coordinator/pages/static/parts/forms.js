// Forms: fields, what goes wrong with them, and questions before what cannot be undone.

import { faultsOf, Refused } from "/static/shared/calls.js";
import { useTurn } from "/static/shared/parts.js";
import { html, useEffect, useRef, useState } from "/static/shared/vendor/htm-preact.js";
import { t } from "/static/shared/texts.js";
import { inWords } from "./asking.js";

// One act at a time: `run(act)` does it; `busy`, `fault` (a sentence) and `faults` (field ->
// sentence) say how it goes. `run` returns whether it went well.
export function useAct() {
  const [state, setState] = useState({ busy: false, fault: "", faults: {} });
  const busy = useRef(false);
  async function run(act) {
    if (busy.current) return false;
    busy.current = true;
    setState({ busy: true, fault: "", faults: {} });
    try {
      await act();
      setState({ busy: false, fault: "", faults: {} });
      return true;
    } catch (error) {
      setState({ busy: false, ...wrong(error) });
      return false;
    } finally {
      busy.current = false;
    }
  }
  return { ...state, run };
}

const WELL = { fault: "", faults: {} };

function wrong(error) {
  const faults = error instanceof Refused ? faultsOf(error) : {};
  return { fault: Object.keys(faults).length > 0 ? "" : inWords(error), faults };
}

// What a view reads, also anew: `look(read)` does it in turn (`inTurn`); `fault` and `faults` are
// about the last one. Of what comes while one is open, `useAct` would leave out all.
export function useLook() {
  const [state, setState] = useState(WELL);
  const turn = useTurn();
  const look = (read) => turn(read).then(() => setState(WELL), (error) => setState(wrong(error)));
  return { ...state, look };
}

// A field with its label; `fault` stands below it, and `children` are its options if it is a list.
export function Field({ id, label, hint, fault, children, value, change, class: more = "", ...how }) {
  const about = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  const shared = {
    id,
    name: id,
    value,
    class: `input ${more}`,
    "aria-invalid": fault ? "true" : undefined,
    "aria-describedby": about || undefined,
    ...how,
  };
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${
      children
        ? html`<select ...${shared} onChange=${(event) => change(event.target.value)}>
          ${children}
        </select>`
        : html`<input ...${shared} onInput=${(event) => change(event.target.value)} />`
    }
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${fault && html`<p class="fault" id=${`${id}-fault`} dir="auto">${fault}</p>`}
  </div>`;
}

// A field for a file; `change` is called with the file, or with null.
export const FileField = ({ id, label, accept, change }) => html`<div class="field">
  <label for=${id}>${label}</label>
  <input
    id=${id}
    class="input"
    type="file"
    accept=${accept}
    onChange=${(event) => change(event.target.files[0] ?? null)}
  />
</div>`;

// What stands in a form: `values` by name, and `field(name)`, which is what its Field has to know.
// `act` is what `useAct` returns, or `useLook` for a form that says what is to be read.
export function useForm(empty, act = useAct()) {
  const [values, setValues] = useState(empty);
  const set = (name, value) => setValues((before) => ({ ...before, [name]: value }));
  const field = (name) => ({
    value: values[name],
    change: (value) => set(name, value),
    fault: act.faults[name],
  });
  return { ...act, values, set, field };
}

// What went wrong with the whole form.
export const Fault = ({ of }) => html`<p class="fault" role="alert" dir="auto">${of}</p>`;

// A form: `act` is done when it is sent.
export function Form({ act, children, class: more = "", ...how }) {
  const sent = (event) => {
    event.preventDefault();
    act();
  };
  return html`<form class=${`stack ${more}`} onSubmit=${sent} novalidate ...${how}>${children}</form>`;
}

// A dialog that is open as long as it is drawn; `close` is called when it is to go.
export function Dialog({ title, close, children, class: more = "" }) {
  const dialog = useRef();
  useEffect(() => {
    const open = dialog.current;
    open.showModal();
    return () => open.close();
  }, []);
  const cancelled = (event) => {
    event.preventDefault();
    close();
  };
  return html`<dialog ref=${dialog} class=${more} aria-labelledby="dialog-title" onCancel=${cancelled}>
    <div class="stack">
      <h2 id="dialog-title">${title}</h2>
      ${children}
    </div>
  </dialog>`;
}

// The fields of a form, what went wrong, and its buttons: `send` is done when it is sent, and then
// `done`. `label` is what it does, `ready` whether it can be sent; without `close` there is no way
// to leave it.
export function Sending({ form, send, done, close, label, kind = "first", ready = true, children, ...how }) {
  const act = async () => {
    if (await form.run(send)) done?.();
  };
  return html`<${Form} act=${act} ...${how}>
    ${children}
    <${Fault} of=${form.fault} />
    <div class="row">
      <button class=${`button ${kind}`} type="submit" disabled=${form.busy || !ready}>
        ${label}
      </button>
      ${
        close &&
        html`<button class="button plain" type="button" onClick=${close}>${t("page-cancel")}</button>`
      }
    </div>
  <//>`;
}

// A form in a dialog, which closes when it was sent; `done` is called then if it is given.
export const FormDialog = ({ title, close, done = close, class: more, ...how }) => html`<${Dialog}
  title=${title}
  close=${close}
  class=${more}
>
  <${Sending} ...${how} done=${done} close=${close} />
<//>`;

// A form in a dialog that makes a secret: `make` returns it, `once` says that it is shown once.
export function SecretDialog({ title, close, make, once, secret, ...how }) {
  const [made, setMade] = useState("");
  const send = async () => setMade(await make());
  return html`<${Dialog} title=${title} close=${close}>
    ${
      made
        ? html`<p>${once}</p>
            <${Secret} of=${made} label=${secret} />
            <button class="button plain" type="button" onClick=${close}>${t("page-close")}</button>`
        : html`<${Sending} ...${how} send=${send} close=${close} />`
    }
  <//>`;
}

// What few need, behind a word.
export const More = ({ children }) => html`<details class="fold">
  <summary>${t("enrol-more")}</summary>
  <div class="stack">${children}</div>
</details>`;

// A choice between "yes" and "no".
export const YesOrNo = (how) => html`<${Field} ...${how}>
  ${["no", "yes"].map((one) => html`<option value=${one}>${t(`user-active-${one}`)}</option>`)}
<//>`;

// The administrator's word about numbers that may have been forgotten in a recovery.
export const NeverGranted = ({ field }) => html`<${YesOrNo}
  id="never-granted"
  label=${t("never-granted")}
  hint=${t("never-granted-hint")}
  ...${field}
/>`;

// The field for why something is decided.
export const Why = ({ form }) => html`<${Field}
  id="why"
  label=${t("conflict-why")}
  hint=${t("conflict-why-hint")}
  ...${form.field("why")}
  dir="auto"
  autocomplete="off"
/>`;

// A text that is shown once, to be copied.
export function Secret({ of, label }) {
  const [copied, setCopied] = useState(false);
  const text = useRef();
  const copy = async () => {
    getSelection().selectAllChildren(text.current);
    try {
      await navigator.clipboard.writeText(of);
      setCopied(true);
    } catch {
      setCopied(false); // the browser does not allow it; what is selected can be copied by hand
    }
  };
  return html`<div class="secret">
    <code ref=${text} class="ltr" aria-label=${label}>${of}</code>
    <button type="button" class="button" onClick=${copy}>${t("form-copy")}</button>
    <span class="small quiet" role="status">${copied && t("form-copied")}</span>
  </div>`;
}
