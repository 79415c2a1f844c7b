import { tellTo } from "../errors/index.ts"
import type { Connection, ConnectionState, ConnectionStep, RosterStorage } from "../storage/contract.ts"
import { auditWrite } from "./audit-log.ts"
import { eachDocument } from "./document-pages.ts"

/** A step that a connection has taken, as told to `onStep`. */
export interface ConnectionStepEvent {
  /** The connection after the step. */
  readonly connection: Connection
  readonly step: ConnectionStep
  /** The state before; null for a connection that was made by this step. */
  readonly from: ConnectionState | null
}

export interface StepNoticesOptions {
  storage: RosterStorage
  onStep?: ((event: ConnectionStepEvent) => void) | undefined
  clock: () => number
}

/** How many of a connection's steps have been entered in the audit log, and told to a hook. */
interface Noticed {
  audited: number
  told: number
}

const collection = "connection-notices"
/** Older steps are news to nobody: of a connection from before there was a hook. */
const newsForMs = 7 * 86_400_000

/**
 * Finds the steps that nobody has been told of yet, whoever took them and in whatever process, enters each in the audit
 * log once, and tells the hook of each once. Which ones is kept with compare-and-set. A process without a hook leaves
 * the telling to one that has it.
 */
export class StepNotices {
  readonly #options: StepNoticesOptions

  constructor(options: StepNoticesOptions) {
    this.#options = options
  }

  /** Notices the steps of one connection, all of them: whoever else is about it may have seen fewer. */
  async notice(connection: Connection): Promise<void> {
    for (;;) {
      const document = await this.#options.storage.getDocument(collection, connection.districtId)
      const noticed = document?.value as Noticed | undefined
      if (await this.#notice(connection, noticed, document?.revision ?? 0)) return
    }
  }

  /** Notices those of all: reads all connections and one small document for each. */
  async noticeAll(): Promise<void> {
    const { storage } = this.#options
    const known = new Map<string, { noticed: Noticed; revision: number }>()
    for await (const { key, value, revision } of eachDocument(storage, collection)) {
      known.set(key, { noticed: value as Noticed, revision })
    }
    for (const connection of await storage.listConnections()) {
      const { noticed, revision } = known.get(connection.districtId) ?? { noticed: undefined, revision: 0 }
      await this.#notice(connection, noticed, revision)
    }
  }

  /** False if somebody else has noticed something in between. */
  async #notice(connection: Connection, noticed: Noticed | undefined, revision: number): Promise<boolean> {
    const { storage, onStep } = this.#options
    const { districtId, steps } = connection
    const { audited, told } = noticed ?? { audited: 0, told: 0 }
    const next: Noticed = {
      audited: Math.max(audited, steps.length),
      told: onStep === undefined ? told : Math.max(told, steps.length),
    }
    if (next.audited === audited && next.told === told) return true
    // Of a district that was erased meanwhile nothing must be written anew.
    if (revision === 0 && (await storage.getConnection(districtId)) === undefined) return true
    const entries = steps.slice(audited).map((step, index) => auditStep(districtId, step, audited + index))
    const isOurs = await storage.writeDocuments([
      { collection, key: districtId, districtId, value: next, expect: revision },
      ...entries,
    ])
    if (isOurs && onStep !== undefined) this.#tell(connection, told)
    return isOurs
  }

  #tell(connection: Connection, from: number): void {
    const { onStep, clock } = this.#options
    const newestMs = clock()
    for (const [index, step] of connection.steps.entries()) {
      if (index < from || newestMs - Date.parse(step.at) > newsForMs) continue
      const { state, mode } = step
      const steps = connection.steps.slice(0, index + 1)
      tellTo(onStep)({
        connection: { ...connection, state, mode, steps },
        step,
        from: connection.steps[index - 1]?.state ?? null,
      })
    }
  }
}

function auditStep(districtId: string, { at, by, state, mode }: ConnectionStep, index: number) {
  // Of two steps of one moment the later one comes first.
  const mark = `${String(999_999 - index)}/${districtId}`
  return auditWrite({ at, by, action: `connection-${state}`, districtId, details: { mode } }, mark)
}
