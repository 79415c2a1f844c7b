import { type BannerCode, english } from "../text/english.ts"

const cookieName = "homeroom_told"

/** What the next page is to say: a code alone, kept for half a minute; undefined: it has been said. */
export function bannerCookie(code: BannerCode | undefined, basePath: string): string {
  const attributes = `Path=${basePath === "" ? "/" : basePath}; HttpOnly; SameSite=Lax`
  return `${cookieName}=${code ?? ""}; Max-Age=${code === undefined ? 0 : 30}; ${attributes}`
}

/** What the page before wants said; undefined for anything that is none of the console's banners. */
export function toldBy(request: Request): BannerCode | undefined {
  const cookies = request.headers.get("cookie") ?? ""
  const [, code = ""] = new RegExp(`(?:^|;\\s*)${cookieName}=([^;]*)`).exec(cookies) ?? []
  return Object.hasOwn(english.banners, code) ? (code as BannerCode) : undefined
}
