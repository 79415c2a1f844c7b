import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pg from "pg"
import { freePort } from "./free-port.ts"

/** A PgBouncer in transaction mode before a database. */
export interface PgBouncer {
  readonly url: string
  stop(): Promise<void>
}

/** Starts Debian's `pgbouncer`; a text says why that can't be done. Few connections, so that clients share them. */
export async function startPgBouncer(databaseUrl: string): Promise<PgBouncer | string> {
  if (spawnSync("pgbouncer", ["--version"]).error !== undefined) return "pgbouncer is not installed"
  const target = new URL(databaseUrl)
  const folder = mkdtempSync(join(tmpdir(), "homeroom-pgbouncer-"))
  chmodSync(folder, 0o755)
  const port = await freePort()
  const password = target.password === "" ? "" : `password=${target.password}`
  const config = join(folder, "pgbouncer.ini")
  writeFileSync(
    config,
    `[databases]
* = host=${target.hostname} port=${target.port || 5432} user=${target.username} ${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 6
max_client_conn = 200
`,
  )
  // It refuses to run as root.
  const child = spawn("pgbouncer", [...(process.getuid?.() === 0 ? ["-u", "nobody"] : []), config], {
    stdio: "ignore",
  })
  target.port = String(port)
  target.hostname = "127.0.0.1"
  const stop = async () => {
    await endOf(child)
    rmSync(folder, { recursive: true, force: true })
  }
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await answers(target.href)) return { url: target.href, stop }
    if (child.exitCode !== null) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await stop()
  return "pgbouncer does not start here"
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once("exit", resolve))
  child.kill("SIGINT")
  const later = setTimeout(() => child.kill("SIGKILL"), 2_000)
  await ended
  clearTimeout(later)
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    await client.query("SELECT 1")
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}
