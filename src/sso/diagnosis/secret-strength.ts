/** What can be said of a secret without knowing where it came from. Holds nothing of the secret itself. */
export interface SecretStrength {
  readonly bytes: number
  /** About how many bits of chance are in it: an upper bound, since no text shows that it was made up by chance. */
  readonly bits: number
  /** What makes it weak; null if nothing is to be seen. */
  readonly weakness: "short" | "placeholder" | "repeated" | "words" | "few-characters" | null
}

/** What `CleverSsoClient` insists on. */
const leastBytes = 32

/** A random key of 128 bits in hexadecimal digits is estimated at about 115, and hardly one in a million at less than this. */
const leastBits = 88

const placeholders =
  /change[\W_]*(?:me|this|it)|replace[\W_]*(?:me|this|it)|(?:my|your|our|the|a|very|super|top|long|cookie|session|app|some)?[\W_]*secret|passw(?:or)?d|placeholder|example|insecure|not[\W_]*safe|keyboard[\W_]*cat|default|development|production|testing|homeroom|clever|letmein|lorem[\W_]*ipsum|todo|fixme|xxx+/gi

const sequences = /0123456789|123456789|12345678|9876543210|abcdefgh\w*|qwerty\w*|asdf\w*|deadbeef|cafebabe/gi

/** Estimates how hard a secret is to guess. Costs nothing worth counting. */
export function strengthOf(secret: string): SecretStrength {
  const bytes = Buffer.byteLength(secret)
  const unusual = secret.replace(placeholders, "").replace(sequences, "")
  const unit = smallestUnit(secret)
  const isText = /^\p{L}+(?:[\s_.,-]+\p{L}+){2,}[\s.!?]*$/u.test(secret)
  // A person's words say about a bit and a half with each letter.
  const bits = isText ? [...unusual].length * 1.5 : chanceIn(unit.length < secret.length ? unit : unusual)
  const weakness = (): SecretStrength["weakness"] => {
    if (bytes < leastBytes) return "short"
    if (unit.length <= secret.length / 2) return "repeated"
    if (bits >= leastBits) return null
    if (unusual.length < secret.length) return "placeholder"
    return isText ? "words" : "few-characters"
  }
  return { bytes, bits: Math.floor(bits), weakness: weakness() }
}

/** Shannon's estimate from how often each character comes. */
function chanceIn(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  const length = [...text].length
  let bits = 0
  for (const count of counts.values()) bits += count * Math.log2(length / count)
  return bits
}

/** The shortest beginning that, written over and over, gives the text. */
function smallestUnit(text: string): string {
  const again = `${text}${text}`.indexOf(text, 1)
  if (again < text.length) return text.slice(0, again)
  // The last repetition may be cut short.
  for (let length = 1; length <= text.length / 2; length++) {
    const unit = text.slice(0, length)
    if (unit.repeat(Math.ceil(text.length / length)).startsWith(text)) return unit
  }
  return text
}
