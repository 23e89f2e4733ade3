// Reports on some days, drawn and as tables; each as CSV and on paper too.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Title } from "/static/shared/parts.js";
import { day, moment, number, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, useLook } from "../parts/forms.js";
import { Bars, Lines, Rows, daysFrom } from "../parts/plots.js";

const SPANS = [7, 28, 90];
const REPORTS = ["registrations", "outages", "reach", "waits", "conflicts"];
const LINES_MAX = 6;

// On paper the tables stand below the drawings.
function onPaper() {
  for (const table of document.querySelectorAll("main details")) table.open = true;
  print();
}

export function Reports({ now }) {
  const [span, setSpan] = useState(28);
  const [found, setFound] = useState(null);
  const { fault, look } = useLook();
  const last = now.today;
  const first = new Date(Date.parse(`${last}T00:00Z`) - (span - 1) * 86_400_000)
    .toISOString()
    .slice(0, 10);
  const query = `?first=${first}&last=${last}`;
  useEffect(() => {
    look(async () => {
      const all = await Promise.all(
        REPORTS.map((name) => ask("GET", `/api/reports/${name}/${query}`)),
      );
      setFound({
        days: daysFrom(first, last),
        ...Object.fromEntries(REPORTS.map((name, at) => [name, all[at].results])),
      });
    });
  }, [query]);
  return html`<section class="stack">
    <header class="row apart">
      <${Title}>${t("nav-reports")}<//>
      <button class="button unprinted" onClick=${onPaper}>${t("report-print")}</button>
    </header>
    <div class="narrow unprinted">
      <${Field}
        id="span"
        label=${t("report-span")}
        value=${span}
        change=${(value) => setSpan(Number(value))}
      >
        ${SPANS.map(
          (days) => html`<option key=${days} value=${days}>${t("report-days", { days })}</option>`,
        )}
      <//>
    </div>
    <p class="quiet"><${Ltr} of=${`${day(first)} – ${day(last)}`} /></p>
    <${Fault} of=${fault} />
    ${found && html`<${All} of=${found} query=${query} />`}
  </section>`;
}

function Report({ name, query, children }) {
  return html`<section class="card stack report" aria-labelledby=${`report-${name}`}>
    <header class="row apart">
      <h2 id=${`report-${name}`}>${t(`report-${name}`)}</h2>
      <a
        class="button plain unprinted"
        href=${`/api/reports/${name}.csv${query}`}
        download
        aria-label=${t("report-csv-of", { report: t(`report-${name}`) })}
      >CSV</a>
    </header>
    ${children}
  </section>`;
}

// A value for each day out of rows that have one, summed up.
const byDay = (days, rows, of) =>
  days.map((at) => rows.filter((row) => row.day === at).reduce((sum, row) => sum + of(row), 0));

function All({ of, query }) {
  const { days, registrations, outages, reach, waits, conflicts } = of;
  const span = (seconds) =>
    seconds < 120
      ? t("span-seconds", { count: Math.round(seconds) })
      : seconds < 7200
      ? t("span-minutes", { count: Math.round(seconds / 60) })
      : t("span-hours", { count: Math.round(seconds / 3600) });
  const shown = [...reach].sort((one, other) => one.remaining - other.remaining);
  return html`
    <${Report} name="registrations" query=${query}>
      <${Bars}
        title=${t("report-registrations")}
        days=${days}
        series=${["online", "offline"].map((name) => ({
          name,
          label: t(`report-${name}`),
          values: byDay(days, registrations, (row) => row[name]),
        }))}
      />
      <${Rows}
        heads=${["day", "terminal", "online", "offline", "refused"].map((head) => t(`report-${head}`))}
        rows=${registrations.map((row) => [
          ...[day(row.day), row.terminal, number(row.online), number(row.offline)],
          number(row.refused),
        ])}
      />
    <//>
    <${Report} name="outages" query=${query}>
      ${
        outages.length === 0
          ? html`<p class="quiet">${t("report-no-outages")}</p>`
          : html`<p>${t("report-outages-sum", {
              count: outages.length,
              people: outages.reduce((sum, one) => sum + one.registered, 0),
            })}</p>`
      }
      ${
        outages.length > 0 &&
        html`<${Rows}
          heads=${["terminal", "began", "ended", "lasted", "cause", "registered"].map((head) =>
            t(`report-${head}`),
          )}
          rows=${outages.map((one) => [
            one.terminal,
            moment(one.began),
            one.ended ? moment(one.ended) : t("report-lasts"),
            span(one.seconds),
            t(`cause-${one.cause}`),
            number(one.registered),
          ])}
        />`
      }
    <//>
    <${Report} name="reach" query=${query}>
      ${
        shown.length > 0 &&
        html`<${Lines}
          title=${t("report-reach")}
          days=${days}
          series=${shown.slice(0, LINES_MAX).map((one, at) => ({
            name: `line-${at}`,
            label: one.terminal,
            values: one.days.map((left) => left.remaining),
          }))}
        />`
      }
      <${Rows}
        heads=${["terminal", "remaining", "per-day", "used-up"].map((head) => t(`report-${head}`))}
        rows=${shown.map((one) => [
          one.terminal,
          number(one.remaining),
          number(one.per_day),
          one.used_up_on ? day(one.used_up_on) : t("report-never"),
        ])}
      />
    <//>
    <${Report} name="waits" query=${query}>
      <${Lines}
        title=${t("report-waits")}
        days=${days}
        say=${span}
        series=${["median", "ninety"].map((name, at) => ({
          name: `line-${at}`,
          label: t(`report-${name}`),
          values: byDay(days, waits, (row) => row[`${name}_s`]),
        }))}
      />
      <${Rows}
        heads=${["day", "people", "median", "ninety", "longest"].map((head) => t(`report-${head}`))}
        rows=${waits.map((row) => [
          ...[day(row.day), number(row.people), span(row.median_s), span(row.ninety_s)],
          span(row.longest_s),
        ])}
      />
    <//>
    <${Report} name="conflicts" query=${query}>
      <${Bars}
        title=${t("report-conflicts")}
        days=${days}
        series=${[
          {
            name: "online",
            label: t("conflicts-decided"),
            values: byDay(days, conflicts, (row) => row.all - row.open),
          },
          { name: "bad", label: t("conflicts-open"), values: byDay(days, conflicts, (row) => row.open) },
        ]}
      />
      <${Rows}
        heads=${["day", "reason", "all", "open"].map((head) => t(`report-${head}`))}
        rows=${conflicts.map((row) => [
          ...[day(row.day), t(`conflict-${row.reason}`), number(row.all), number(row.open)],
        ])}
      />
    <//>
  `;
}
