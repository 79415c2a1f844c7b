import { randomInt } from "node:crypto"
import { createServer } from "node:net"

/**
 * A port of loopback that nobody listens on, for a server that is started a little later. Not one of those that the
 * system gives to whoever asks for any (from 32,768 on): such a one may be given to somebody else meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false))
      server.listen(port, () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}
