/** A simulated Clever in a thread of its own: it tells its description and runs until the program ends. */
import { parentPort, workerData } from "node:worker_threads"
import { startSimulator } from "homeroom/simulator"

const simulator = await startSimulator({ users: 300, schools: 2, ...workerData })
parentPort?.postMessage(simulator.describe())
