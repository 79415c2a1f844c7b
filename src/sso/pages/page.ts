import type { LoginMessage, LoginMessages } from "./messages.ts"

export interface PageLink {
  readonly href: string
  readonly text: string
  /** Opens a window of its own: out of a frame. */
  readonly newWindow?: boolean | undefined
}

const style = `:root{color-scheme:light dark}*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;font:1.0625rem/1.5 system-ui,sans-serif;background:light-dark(#f4f6fa,#14171c);color:light-dark(#1b2430,#e8ecf2)}main{width:100%;max-width:26rem;padding:2rem;border:1px solid light-dark(#e3e7ee,#2c333e);border-radius:1rem;background:light-dark(#fff,#1e232b);box-shadow:0 .25rem 1.5rem rgb(16 24 40/.08)}h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25;text-wrap:balance}p{margin:0 0 1.75rem;text-wrap:pretty}nav{display:grid;gap:.75rem}a{padding:.7rem 1.2rem;border:1px solid light-dark(#c9d1dd,#465062);border-radius:.6rem;font-weight:600;text-align:center;text-decoration:none;color:inherit}a:hover{border-color:currentColor}a:first-child{border-color:#1464ff;background:#1464ff;color:#fff}a:first-child:hover{border-color:#0b47c4;background:#0b47c4}a:focus-visible{outline:3px solid light-dark(#0b3fa8,#9dbdff);outline-offset:2px}`

/** A page with one message and where to go from it. Every text is escaped. */
export function renderPage(options: {
  readonly messages: LoginMessages
  readonly message: LoginMessage
  readonly links: readonly PageLink[]
  /** What happened, for whoever helps: in the page's source, not on the page. */
  readonly code?: string | undefined
}): string {
  const { messages, message, links, code } = options
  const anchors = links.map(
    ({ href, text, newWindow }) =>
      `<a href="${escapeHtml(href)}"${newWindow === true ? ' target="_blank" rel="noopener"' : ""}>${escapeHtml(text)}</a>`,
  )
  return [
    "<!doctype html>",
    `<html lang="${escapeHtml(messages.language)}" dir="${escapeHtml(messages.direction)}">`,
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">`,
    code === undefined ? "" : `<meta name="homeroom-error" content="${escapeHtml(code)}">`,
    `<title>${escapeHtml(message.title)}</title><style>${style}</style></head>`,
    `<body><main><h1>${escapeHtml(message.title)}</h1><p>${escapeHtml(message.text)}</p>`,
    `<nav>${anchors.join("")}</nav>`,
    "</main></body></html>",
  ].join("\n")
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
