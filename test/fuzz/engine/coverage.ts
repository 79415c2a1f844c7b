import { Session } from "node:inspector/promises"

/** What of the sources is run, as the engine that runs them counts it. */
export class Coverage {
  readonly #session: Session

  private constructor(session: Session) {
    this.#session = session
  }

  /** With `counts`, how often each piece is run; without, each is told of once, which costs much less. */
  static async start({ counts }: { counts: boolean }): Promise<Coverage> {
    const session = new Session()
    session.connect()
    await session.post("Profiler.enable")
    await session.post("Profiler.startPreciseCoverage", { callCount: counts, detailed: true })
    return new Coverage(session)
  }

  /** The functions of the sources that were run since this was last asked, each with which pieces of it. */
  async functions(): Promise<string[]> {
    return (await this.#take()).map(({ place, ranges }) => {
      const pieces = ranges.map(({ startOffset, endOffset, count }) => `${startOffset}-${endOffset}:${count}`)
      return `${place} ${pieces.join()}`
    })
  }

  /** How often pieces of the sources were run since this was last asked, in all. */
  async steps(): Promise<number> {
    const counts = (await this.#take()).flatMap(({ ranges }) => ranges.map(({ count }) => count))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  stop(): void {
    this.#session.disconnect()
  }

  async #take() {
    const { result } = await this.#session.post("Profiler.takePreciseCoverage")
    return result.flatMap(({ url, functions }) => {
      const at = url.lastIndexOf("/src/")
      if (at < 0 || url.includes("/node_modules/")) return []
      return functions.map(({ ranges }) => ({ place: url.slice(at), ranges }))
    })
  }
}
