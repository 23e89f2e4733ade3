// What is typed when a computer is broken or lost, and on which one; nothing of it is done from here.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, Secret, useLook } from "../parts/forms.js";

export function Rescue({ now }) {
  const [commands, setCommands] = useState(null);
  const { fault, look } = useLook();
  useEffect(() => {
    look(async () => setCommands(await ask("GET", "/api/rescue/")));
  }, []);
  return html`<section class="stack" aria-labelledby="rescue">
    <h2 id="rescue">${t("rescue-title")}</h2>
    <p class="quiet">${t("rescue-why")}</p>
    <${Fault} of=${fault} />
    ${commands && html`<${Cards} ...${{ commands, desks: now.desks }} />`}
  </section>`;
}

const Card = ({ name, children }) => html`<section class="card stack" aria-labelledby=${`rescue-${name}`}>
  <h3 id=${`rescue-${name}`}>${t(`rescue-${name}`)}</h3>
  ${children}
</section>`;

// What the newest backup is called, but for its time.
const NAME = "mrnmesh-coordinator-….mrnmesh-backup";

// A command, with the computer at which it is typed.
const Typed = ({ at, command }) => html`<p class="small quiet">${at}</p>
  <${Secret} of=${command} label=${t("rescue-command")} />`;

function Cards({ commands, desks }) {
  const withDisk = desks.filter((desk) => desk.has_node);
  const [code, setCode] = useState("");
  const chosen = withDisk.some((desk) => desk.code === code) ? code : withDisk[0]?.code ?? "CODE";
  return html`
    <${Card} name="hub">
      <p>${t("rescue-hub-first", { folder: commands.data_folder })}</p>
      <${Typed} at=${t("rescue-hub-at")} command=${commands.restore} />
      <p class="small quiet">
        ${t("rescue-fill", { file: NAME })}
        ${commands.restore.includes("KEY") && ` ${t("rescue-fill-key")}`}
      </p>
      <p>${t("rescue-hub-then")}</p>
      <${Typed} at=${t("rescue-check-at")} command=${commands.check} />
    <//>
    <${Card} name="disk">
      <p>${t("rescue-disk-first")}</p>
      ${
        withDisk.length > 0 &&
        html`<div class="decide">
          <${Field}
            id="rescue-code"
            label=${t("rescue-disk-of")}
            value=${chosen}
            change=${setCode}
          >
            ${withDisk.map(
              (desk) => html`<option key=${desk.code} value=${desk.code}>${desk.code}</option>`,
            )}
          <//>
        </div>`
      }
      <${Typed} at=${t("rescue-here")} command=${commands.salvage.replace("CODE", chosen)} />
      <p class="small quiet">${t("rescue-disk-fill")}</p>
    <//>
    <${Card} name="desk">
      <p>${t("rescue-desk-first")}</p>
      <${Typed} at=${t("rescue-desk-at")} command=${commands.restore_desk} />
      <p>${t("rescue-desk-then")}</p>
    <//>
  `;
}
