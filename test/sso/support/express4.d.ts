// The same package, an older version under another name: its types serve for both.
declare module "express4" {
  const express: typeof import("express")
  export = express
}
