import { HomeroomError } from "../errors/index.ts"
import type { Connection, ConnectionMode, ConnectionState, ConnectionStep } from "../storage/contract.ts"

/**
 * Every state a connection may have and where it may go from there; nothing else is possible.
 *
 * `requested → approved → active → paused → disconnected`, or `declined` before it ever was active. From
 * `active` to `active` is a change of mode. What was disconnected or declined can be requested again.
 */
export const connectionTransitions: { readonly [From in ConnectionState]: readonly ConnectionState[] } = {
  requested: ["approved", "declined", "disconnected"],
  approved: ["active", "declined", "disconnected"],
  active: ["active", "paused", "disconnected"],
  paused: ["active", "disconnected"],
  disconnected: ["requested"],
  declined: ["requested"],
}

/**
 * Whether people of the district may log in. A pause is one of imports, as after an undo: lessons go on. A connection
 * that was never active lets nobody in.
 */
export function admitsLogins({ state, steps }: Connection): boolean {
  return state === "active" || (state === "paused" && steps.some((step) => step.state === "active"))
}

/** Who takes a step, and when. */
export interface StepOptions {
  /** The next state. */
  state: ConnectionState
  /** As before when absent. */
  mode?: ConnectionMode | undefined
  /** ISO 8601 in UTC. */
  at: string
  by: string
}

/** The connection after one more step. Throws `CONNECTION_TRANSITION_INVALID` where the table has no such step. */
export function takeStep(connection: Connection, { state, mode, at, by }: StepOptions): Connection {
  if (!connectionTransitions[connection.state].includes(state)) {
    const { districtId, state: from } = connection
    throw new HomeroomError("CONNECTION_TRANSITION_INVALID", {
      message: `The connection of district ${districtId} is ${from} and can't become ${state}.`,
      details: { districtId, from, to: state },
    })
  }
  const step: ConnectionStep = { state, mode: mode ?? connection.mode, at, by }
  return { ...connection, state, mode: step.mode, steps: [...connection.steps, step] }
}
