import { configureGlobal, readConfigureGlobal } from "fast-check"
import { seed } from "./seed.ts"

configureGlobal({ ...readConfigureGlobal(), seed: seed() })
