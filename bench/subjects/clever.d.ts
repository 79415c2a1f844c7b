/** Clever's old client, which has no types: what the bench uses of it. */
declare module "clever" {
  interface Query {
    limit(records: number): Query
    stream(): NodeJS.ReadableStream
  }
  interface Clever {
    Resource: { new (): object; find(): Query }
  }
  function cleverOf(auth: { token: string }, urlBase: string): Clever
  export = cleverOf
}
