import { availableParallelism, cpus, totalmem } from "node:os"
import type { Figure } from "./figures.ts"

export interface Machine {
  node: string
  cpu: string
  cpus: number
  memoryGiB: number
  platform: string
  date: string
}

/** All that a run of the bench found out. */
export interface Report {
  machine: Machine
  figures: Figure[]
}

export function describeMachine(): Machine {
  return {
    node: process.versions.node,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cpus: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    platform: `${process.platform} ${process.arch}`,
    date: new Date().toISOString().slice(0, 10),
  }
}
