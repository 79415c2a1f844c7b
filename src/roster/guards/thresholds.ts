import type { Kind } from "../../models/kinds.ts"
import type { GuardSettings, GuardThresholds } from "../../storage/contract.ts"

/** What goes for one kind on one day. */
export type Thresholds = { readonly [Name in keyof GuardThresholds]-?: NonNullable<GuardThresholds[Name]> }

const defaults: Thresholds = {
  archivedShare: 0.1,
  updatedShare: 0.75,
  rejectedShare: 0.05,
  atLeast: 20,
  mayEmpty: false,
  maySchoolsGo: false,
}

/**
 * The thresholds of a kind now, or where none is named of those kinds that nothing else is said of (S15). What is said
 * of the kind goes before what is said of all kinds; within each, what is said of a change of school year, while it
 * lasts, before what goes all year; then the defaults.
 */
export function thresholdsFor(settings: GuardSettings, kind: Kind | undefined, nowMs: number): Thresholds {
  const { rollover } = settings
  const today = new Date(nowMs).toISOString().slice(0, "YYYY-MM-DD".length)
  const isOn = rollover !== undefined && rollover.from <= today && today <= rollover.to
  const window = isOn ? rollover : undefined
  const ranked = [
    ...(kind === undefined ? [] : [window?.kinds?.[kind], settings.kinds?.[kind]]),
    window,
    settings,
  ]
  const find = <Name extends keyof Thresholds>(name: Name): Thresholds[Name] => {
    const said = ranked.find((thresholds) => thresholds?.[name] !== undefined)?.[name]
    return (said ?? defaults[name]) as Thresholds[Name]
  }
  return {
    archivedShare: find("archivedShare"),
    updatedShare: find("updatedShare"),
    rejectedShare: find("rejectedShare"),
    atLeast: find("atLeast"),
    mayEmpty: find("mayEmpty"),
    maySchoolsGo: find("maySchoolsGo"),
  }
}
