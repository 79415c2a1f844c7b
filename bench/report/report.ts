import { availableParallelism, cpus, totalmem } from "node:os"
import type { Figure } from "./figures.ts"

/** The load from which on others are felt in the times. */
export const busyLoad = 0.7

export interface Machine {
  node: string
  cpu: string
  cpus: number
  memoryGiB: number
  platform: string
  date: string
  /** How many others were at work when it began; above `busyLoad` they are felt. */
  load: number
}

/** All that a run of the bench found out. */
export interface Report {
  machine: Machine
  figures: Figure[]
}

export function describeMachine(load: number): Machine {
  return {
    node: process.versions.node,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cpus: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    platform: `${process.platform} ${process.arch}`,
    date: new Date().toISOString().slice(0, 10),
    load,
  }
}
