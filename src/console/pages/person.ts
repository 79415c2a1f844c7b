import { LoginResolver, type RehearsedLogin } from "../../exchange/index.ts"
import { diffRecords } from "../../models/index.ts"
import type { Explanation, Obstacle, RosterEntry } from "../../roster/index.ts"
import type { Visit } from "../routing/visit.ts"
import { actionBadge } from "../view/changes.ts"
import { html, type Markup } from "../view/html.ts"
import { personFacts, personName } from "../view/person-facts.ts"
import { badge, card, facts, linkButton } from "../view/pieces.ts"
import { table } from "../view/table.ts"
import { leavesOf, valueText } from "../view/values.ts"
import { runPath } from "./history.ts"

/** One person: whether they could log in now, how they stand between Clever and the roster, and what changed them. */
export async function showPerson(visit: Visit): Promise<Response> {
  const { text, parts, connection, clock } = visit
  const { districtId } = connection
  const id = visit.param("personId")
  const { roster, storage } = parts
  const explanation = await roster.explain({ districtId, kind: "user", id, signal: visit.request.signal })
  const logins = parts.logins ?? new LoginResolver({ storage, clock })
  const login = await logins.rehearse({ districtId, cleverId: id })
  const record = await roster.record({ districtId, kind: "user", id })
  const person = await roster.person({ districtId, id })
  const who = person === undefined ? text.person.unknown : personName(visit, person)
  return visit.page({
    section: "people",
    // Not the name: a browser keeps the titles of the pages that somebody has been to.
    title: text.person.title,
    lead: html`<strong>${who}</strong> · <code>${id}</code>`,
    crumbs: [{ text: text.people.title, path: visit.districtPath("people") }],
    body: html`${loginCard(visit, login)}
<div class="grid">${stepsCard(visit, explanation)}${card({
      title: text.person.record,
      body:
        record === undefined || person === undefined
          ? html`<p class="quiet">${text.person.noRecord}</p>`
          : html`<p class="quiet">${text.person.recordLead}</p>${facts(personFacts(visit, person))}${fieldsOf(visit, record)}`,
    })}</div>
${historyCard(visit, explanation)}`,
  })
}

function loginCard(visit: Visit, login: RehearsedLogin): Markup {
  const { text, connection } = visit
  const words = text.person
  const { answer, why } = words.outcomes[login.outcome]
  const isYes = login.outcome === "linked"
  const tone = isYes ? "good" : login.outcome === "at-login" ? "quiet" : "bad"
  return card({
    title: words.login,
    id: "login",
    aside: badge(answer, tone),
    body: html`<p>${why}${isYes && connection.state === "paused" ? html` ${words.paused}` : ""}</p>
${login.outcome === "linked" ? facts([[words.account, login.accountId === null ? words.noAccount : html`<bdi>${login.accountId}</bdi>`]]) : ""}
${login.outcome === "ambiguous" ? facts([[words.candidates, html`<bdi>${login.candidates.join(", ")}</bdi>`]]) : ""}
${login.outcome === "role-not-allowed" ? html`<p>${login.roles.map((role) => text.roles[role] ?? role).join(", ")}</p>` : ""}
${nextStep(visit, login.outcome)}`,
  })
}

function nextStep(visit: Visit, outcome: RehearsedLogin["outcome"]): Markup {
  const { toReview, toPartners, toImport } = visit.text.person
  switch (outcome) {
    case "ambiguous":
      return linkButton(visit.href(visit.districtPath("review")), toReview)
    case "district-not-connected":
      return linkButton(visit.href(visit.districtPath()), toPartners)
    case "not-synced":
    case "archived":
      return linkButton(visit.href(visit.districtPath("import")), toImport)
    default:
      return html``
  }
}

function stepsCard(visit: Visit, explanation: Explanation): Markup {
  const words = visit.text.person
  const { fetched, scoped, matched, compared, decided } = explanation
  const obstacles = decided.obstacles.map((obstacle) => html`<li>${obstacleText(visit, obstacle)}</li>`)
  const differs =
    compared.fields.length === 0 ? "" : html`, <bdi>${words.differs(compared.fields.join(", "))}</bdi>`
  return card({
    title: words.steps,
    body: html`<p class="quiet">${words.stepsLead}</p>${facts([
      [
        words.atClever,
        fetched.state === "unreachable"
          ? words.fetched.unreachable(fetched.code)
          : words.fetched[fetched.state],
      ],
      [
        words.inScope,
        scoped.state === "out-of-scope"
          ? words.scoped["out-of-scope"](scoped.reason)
          : words.scoped[scoped.state],
      ],
      [
        words.linked,
        matched.state === "linked"
          ? html`<bdi>${words.matched.linked(matched.accountIds.join(", "))}</bdi>`
          : words.matched[matched.state],
      ],
      [words.stored, html`${words.storedStates[compared.stored]}${differs}`],
      [words.next, words.nextActions[decided.action]],
    ])}${obstacles.length === 0 ? "" : html`<h3>${words.obstacles}</h3><ul class="plain">${obstacles}</ul>`}`,
  })
}

function obstacleText(visit: Visit, obstacle: Obstacle): Markup {
  const { text } = visit
  const words = text.person
  switch (obstacle.code) {
    case "rejected": {
      const reason = text.run.reasons[obstacle.reason] ?? obstacle.reason
      return html`<bdi>${words.rejected(reason)}</bdi>${obstacle.path === "" ? "" : html` <code>${obstacle.path}</code>`}`
    }
    case "run-waits": {
      const waits = words.waits(text.runStates[obstacle.state], text.actions[obstacle.action])
      return html`<a href="${visit.href(runPath(visit, { id: obstacle.runId }))}">${waits}</a>`
    }
    case "district-state":
      return html`<bdi>${words.districtState(obstacle.state)}</bdi>`
    case "override":
      return html`<bdi>${words.override(obstacle.paths.join(", "))}</bdi>`
    case "connection":
      return html`${words.connection(obstacle.state)}`
  }
}

/** Folded up: whoever helps somebody seldom needs all of it. */
function fieldsOf({ text, show }: Visit, { data, overrides }: RosterEntry<"user">): Markup {
  const words = text.person
  const own = new Set(overrides.map(({ path }) => path))
  const fields = diffRecords({}, data).flatMap(({ path, after }) => leavesOf(path, after))
  return html`<details><summary>${words.fields(show.number(fields.length))}</summary><div class="diff">${table(
    {
      caption: words.record,
      columns: [{ title: words.field }, { title: words.value }],
      rows: fields.map(([path, value]) => [
        html`<code>${path}</code>${own.has(path) ? html` ${badge(words.own, "busy")}` : ""}`,
        valueText(value),
      ]),
    },
  )}</div></details>`
}

function historyCard(visit: Visit, { changed }: Explanation): Markup {
  const { text, show } = visit
  const words = text.person
  const { historyColumns: columns } = words
  const body =
    changed.length === 0
      ? html`<p class="quiet">${words.historyNone}</p>`
      : table({
          caption: words.history,
          columns: [
            { title: columns.when },
            { title: columns.mode },
            { title: columns.action },
            { title: columns.fields },
            { title: columns.details, isUntitled: true },
          ],
          rows: changed.map(({ runId, mode, action, at, fields }) => [
            show.time(at),
            text.importModes[mode],
            actionBadge(visit, action),
            html`<bdi>${fields.join(", ")}</bdi>`,
            html`<a href="${visit.href(runPath(visit, { id: runId }))}" aria-label="${words.historyDetails(`${at.slice(0, 16).replace("T", " ")} UTC`)}">${columns.details}</a>`,
          ]),
        })
  return card({ title: words.history, body })
}
