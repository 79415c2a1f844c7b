import { html } from "hono/html"

/** A piece of a page: text that is escaped already. */
export type Markup = ReturnType<typeof html>

export { html }
