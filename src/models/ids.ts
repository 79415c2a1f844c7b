/** The form of a Clever id: 24 hex digits in practice, accepted more widely (simulators, other vendors). */
export const idPattern: RegExp = /^[A-Za-z0-9_-]{1,64}$/
