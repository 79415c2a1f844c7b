import type { IntegrationRequest } from "../../../exchange/index.ts"
import type { ConnectionMode } from "../../../storage/contract.ts"
import type { Visit } from "../../routing/visit.ts"
import { html, type Markup } from "../../view/html.ts"
import { badge, button, card, linkButton } from "../../view/pieces.ts"

const modes: readonly ConnectionMode[] = ["sso", "sso+provisioning"]

/** Both modes side by side: what each does, and how the visitor's own wish for it stands. */
export function modeCards(visit: Visit, requests: readonly IntegrationRequest[]): Markup {
  return html`<div class="grid">${modes.map((mode) => modeCard(visit, mode, requests))}</div>`
}

function modeCard(visit: Visit, mode: ConnectionMode, requests: readonly IntegrationRequest[]): Markup {
  const { text, actor } = visit
  const { lead, points } = text.partners.modes[mode]
  const own = requests.find((request) => request.mode === mode && request.requestedBy === actor)
  return card({
    title: text.modes[mode],
    aside: stateOf(visit, own),
    body: html`<p>${lead}</p>
<ul class="plain">${points.map((point) => html`<li>${point}</li>`)}</ul>
${signupAddresses(visit, mode)}
<div class="foot">${nextStep(visit, mode, own)}</div>`,
  })
}

function stateOf({ text }: Visit, own: IntegrationRequest | undefined): Markup | undefined {
  if (own?.state === "approved") return badge(text.connectionStates.approved, "good")
  return own?.state === "declined" ? badge(text.connectionStates.declined, "bad") : undefined
}

/** The one thing to do about a mode. */
function nextStep(visit: Visit, mode: ConnectionMode, own: IntegrationRequest | undefined): Markup {
  const { text, show } = visit
  const words = text.partners
  if (own?.state === "requested") {
    return html`<p class="hint">${words.requestedBy(own.requestedBy)}, ${show.time(own.steps.at(-1)?.at)}</p>
<p class="actions">${button(text.connectionStates.requested, { disabled: true })}</p>`
  }
  if (own?.state === "approved") {
    const link = linkButton(visit.href(`/partners/requests/${own.id}`), words.enterId, "primary")
    return html`<p class="hint">${words.approvedText}</p>${visit.may("operate") ? html`<p class="actions">${link}</p>` : ""}`
  }
  if (!visit.may("operate")) return html``
  const isAgain = own?.state === "declined"
  const ask = button(isAgain ? words.requestAgain : words.request, {
    kind: "primary",
    label: `${isAgain ? words.requestAgain : words.request}: ${text.modes[mode]}`,
  })
  const form = visit.postForm(
    "/partners/requests",
    html`<input type="hidden" name="mode" value="${mode}"><div class="actions">${ask}</div>`,
  )
  return html`${isAgain ? html`<p class="hint">${words.declinedText}</p>` : ""}${form}`
}

/** Where a district signs up for the apps that are for this mode. */
function signupAddresses(visit: Visit, mode: ConnectionMode): Markup {
  const { signup, signupHint } = visit.text.partners
  const apps = visit.parts.connections.apps.filter(
    (app) => app.signupUrl !== undefined && (app.mode === undefined || app.mode === mode),
  )
  if (apps.length === 0) return html``
  return html`<p><strong>${signup}</strong><br>${apps.map(
    ({ signupUrl }) => html`<code>${signupUrl}</code> `,
  )}<br><span class="quiet">${signupHint}</span></p>`
}
