/** What is wrong with which field of a form; `form`: with none of them. */
export type Problems = Readonly<Record<string, string>>
