import * as z from "zod"
import { type Maybe, type Timestamp, text, texts } from "./common.ts"

/** Whose data a token reaches. */
export interface TokenOwner {
  /** `district` for the tokens that rostering uses. */
  type?: Maybe<string>
  /** Id of the district. */
  id: string
}

/** An entry of Clever's `GET /oauth/tokens` as it comes. `access_token` is a secret. */
export interface Token {
  id?: Maybe<string>
  created?: Maybe<Timestamp>
  owner: TokenOwner
  access_token: string
  /** `read:students`, `read:sections` … */
  scopes?: Maybe<string[]>
}

export const tokenOwnerSchema: z.ZodType<TokenOwner> = z.looseObject({ type: text, id: z.string() })

export const tokenSchema: z.ZodType<Token> = z.looseObject({
  id: text,
  created: text,
  owner: tokenOwnerSchema,
  access_token: z.string().min(1),
  scopes: texts,
})
