import { createHash } from "node:crypto"
import { icon } from "./icon.ts"
import { readingStyles } from "./reading-styles.ts"
import { script } from "./script.ts"
import { stylesheet } from "./stylesheet.ts"

interface Asset {
  readonly path: string
  readonly type: string
  readonly body: string
}

const style = assetOf("console", "css", "text/css; charset=utf-8", stylesheet + readingStyles)
const code = assetOf("console", "js", "text/javascript; charset=utf-8", script)
const picture = assetOf("console", "svg", "image/svg+xml", icon)

/** Where the console's files are, below its base path. */
export interface AssetPaths {
  readonly style: string
  readonly script: string
  readonly icon: string
}

export const assetPaths: AssetPaths = { style: style.path, script: code.path, icon: picture.path }

/** The file at a path below the base path; undefined if there is none. Their names change with what is in them. */
export function assetAt(path: string): Response | undefined {
  const asset = [style, code, picture].find((one) => one.path === path)
  if (asset === undefined) return undefined
  return new Response(asset.body, {
    headers: {
      "content-type": asset.type,
      "cache-control": "public, max-age=31536000, immutable",
      "x-content-type-options": "nosniff",
    },
  })
}

function assetOf(name: string, extension: string, type: string, body: string): Asset {
  const hash = createHash("sha256").update(body).digest("base64url").slice(0, 12)
  return { path: `/assets/${name}-${hash}.${extension}`, type, body }
}
