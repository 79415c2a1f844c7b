/** The page and the JSON that all login examples show. */
import type { LoginSession } from "homeroom"

/** Who is logged in and a log-out button, or "Log in with Clever". */
export function homePage(session: LoginSession | null | undefined): string {
  const body = session
    ? `<p>You are logged in as <strong>${escapeHtml(session.displayName ?? session.cleverId)}</strong>
(${session.roles.join(", ").replaceAll("_", " ")}).</p>
<form method="post" action="/auth/clever/logout"><button>Log out</button></form>`
    : `<p>You are not logged in.</p>
<p><a class="button" href="/auth/clever/login?return_to=/">Log in with Clever</a></p>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Log in with Clever</title>
<style>
:root { color-scheme: light dark }
body { max-width: 32rem; margin: 4rem auto; padding: 0 1.5rem; font: 1.125rem/1.5 system-ui, sans-serif }
button, .button { padding: .6rem 1.2rem; border: 0; border-radius: .5rem; font: inherit; font-weight: 600;
  background: #1464ff; color: #fff; text-decoration: none; cursor: pointer }
</style>
</head>
<body>
<h1>Homeroom</h1>
${body}
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
