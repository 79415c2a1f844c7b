const entities: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&amp;": "&",
}

/** What of a page somebody reads: its text, without markup. */
export function readable(page: string): string {
  const main = page.slice(page.indexOf("<main"), page.indexOf("</main>"))
  return main
    .replace(/<[^>]*>/g, " ")
    .replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity)
    .replace(/\s+/g, " ")
}

/** Every address that a page leads to or sends a form to. */
export function addresses(page: string): string[] {
  const found = [...page.matchAll(/\s(?:href|action|formaction|src)="([^"]*)"/g)]
  return found.map(([, address = ""]) => address.replaceAll("&amp;", "&"))
}

/** Where the links of a page lead to, below the console's base path. */
export function linked(page: string): string[] {
  const found = [...page.matchAll(/<a\s[^>]*?href="\/exchange([^"#]*)/g)]
  return found.map(([, path = ""]) => path.replaceAll("&amp;", "&"))
}
