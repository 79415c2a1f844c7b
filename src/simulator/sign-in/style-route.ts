import { Hono } from "hono"

/** The one stylesheet of all pages. */
export function styleRoute(): Hono {
  const routes = new Hono()
  routes.get("/assets/simulator.css", (c) => {
    c.header("cache-control", "max-age=300")
    return c.body(style, 200, { "content-type": "text/css; charset=utf-8" })
  })
  return routes
}

const style = `:root { color-scheme: light; --blue: #1464ff; --ink: #1b2536; --line: #d5dbe6; --soft: #f4f6fa; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--soft); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; padding: .75rem 1.5rem; background: var(--blue); color: #fff; }
header a { color: #fff; font-weight: 700; text-decoration: none; }
header span { font-size: .875rem; }
main { width: min(44rem, 100% - 2rem); margin: 2rem auto; padding: 1.5rem 2rem; background: #fff; border: 1px solid var(--line); border-radius: .75rem; overflow-wrap: anywhere; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1.125rem; }
label { display: block; margin-bottom: .75rem; font-weight: 600; }
input { display: block; width: 100%; margin-top: .25rem; padding: .5rem .625rem; border: 1px solid #8591a5; border-radius: .375rem; font: inherit; font-weight: 400; }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 3px solid #8fb4ff; outline-offset: 1px; }
button, .button { display: inline-block; padding: .5rem 1rem; border: 1px solid var(--blue); border-radius: .375rem; background: var(--blue); color: #fff; font: inherit; font-weight: 600; text-decoration: none; cursor: pointer; }
a { color: #0b47c4; }
a.button { color: #fff; }
nav a, p a { display: inline-block; margin-right: 1rem; }
ul { padding: 0; list-style: none; }
li { margin: .375rem 0; }
li button { width: 100%; background: #fff; border-color: var(--line); color: var(--ink); font-weight: 400; text-align: left; }
li button:hover { border-color: var(--blue); }
.apps { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1rem; }
.apps a { display: block; padding: 1.25rem .75rem; border: 1px solid var(--line); border-radius: .75rem; text-align: center; text-decoration: none; font-weight: 600; }
.note { color: #4a566b; font-size: .875rem; }
.error { padding: .75rem 1rem; border-left: 4px solid #c62828; background: #fdecec; }
form.inline { display: inline-block; margin: 0 .5rem .5rem 0; }
`
