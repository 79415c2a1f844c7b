import type { Context } from "hono"
import { html } from "hono/html"

/** A piece of a page. */
export type Markup = ReturnType<typeof html>

/** Answers with a whole page of the simulated Clever. Nothing in it is inline, and nothing comes from elsewhere. */
export async function pageAnswer(
  c: Context,
  options: {
    status?: 200 | 400 | 401 | 403 | 404 | undefined
    title: string
    body: Markup
    head?: Markup | undefined
  },
): Promise<Response> {
  const page = await html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${options.title} | Simulated Clever</title>
<link rel="stylesheet" href="/assets/simulator.css">
${options.head ?? ""}
</head>
<body>
<header><a href="/portal">Simulated Clever</a><span>Not the real Clever: everybody here is invented.</span></header>
<main>
<h1 data-testid="title">${options.title}</h1>
${options.body}
</main>
</body>
</html>
`
  c.header("cache-control", "no-store")
  c.header("referrer-policy", "no-referrer")
  c.header("x-content-type-options", "nosniff")
  c.header("content-security-policy", policy)
  return c.html(page, options.status ?? 200)
}

// No form-action: Chromium would hold redirects after a form to it, and logins end at the app.
const policy =
  "default-src 'none'; style-src 'self'; frame-src http: https:; base-uri 'none'; frame-ancestors 'none'"
