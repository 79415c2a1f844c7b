/** The page and the JSON that all login examples show, and the page around it. */
import type { LoginSession } from "homeroom"

/** Who is logged in and a log-out button, or "Log in with Clever". */
export function homePage(session: LoginSession | null | undefined): string {
  const body = session
    ? `<p>You are logged in as <strong>${escapeHtml(session.displayName ?? session.cleverId)}</strong>
(${session.roles.join(", ").replaceAll("_", " ")}).</p>
${session.accountId == null ? "" : `<p>Your account here is ${escapeHtml(session.accountId)}.</p>`}
<form method="post" action="/auth/clever/logout"><button>Log out</button></form>`
    : `<p>You are not logged in.</p>
<a class="button" href="/auth/clever/login?return_to=/">Log in with Clever</a>`
  return page("Log in with Clever", body)
}

/** A whole page around a few lines of HTML. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title>
<style>
:root { color-scheme: light dark }
body { min-height: 100vh; margin: 0; display: grid; place-items: center; font: 1.125rem/1.5 system-ui, sans-serif;
  background: light-dark(#f4f6fa, #14171c); color: light-dark(#1b2430, #e8ecf2) }
main { box-sizing: border-box; width: min(26rem, 90vw); padding: 2rem; border-radius: 1rem; text-align: center;
  background: light-dark(#fff, #1e232b); box-shadow: 0 .25rem 1.5rem rgb(16 24 40 / .08) }
h1 { margin: 0; font-size: 1.75rem }
button, .button { display: block; width: 100%; box-sizing: border-box; padding: .7rem 1.2rem; border: 0;
  border-radius: .6rem; font: inherit; font-weight: 600; background: #1464ff; color: #fff; text-decoration: none;
  cursor: pointer }
:focus-visible { outline: 3px solid light-dark(#0b3fa8, #9dbdff); outline-offset: 2px }
</style>
</head>
<body>
<main>
<h1>Homeroom</h1>
${body}
</main>
</body>
</html>
`
}

/** The answer to `GET /whoami`. */
export function whoAmI(session: LoginSession | null | undefined): { status: 200 | 401; body: object } {
  if (!session) return { status: 401, body: { error: "not-logged-in" } }
  const { cleverId, districtId, roles, authorizedBy, loginSource } = session
  return { status: 200, body: { cleverId, districtId, roles, authorizedBy, loginSource } }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
