import type { Role } from "../../models/kinds.ts"

/** One way to log in to Clever at a district's login page. */
export interface LoginMethod {
  /** As in the page's address. */
  readonly name: "password" | "badge" | "parent" | "admin"
  readonly label: string
  /** Who can log in this way. */
  readonly roles: readonly Role[]
  /** Whether the page asks for a user name and a password. */
  readonly hasForm: boolean
  /** Whether the page lists people to choose from. */
  readonly hasList: boolean
}

/** The ways to log in, as every simulated district has them. */
export const loginMethods: readonly LoginMethod[] = [
  {
    name: "password",
    label: "User name and password",
    roles: ["student", "teacher", "staff", "district_admin"],
    hasForm: true,
    hasList: false,
  },
  {
    name: "badge",
    label: "Clever Badge",
    roles: ["student", "teacher", "staff"],
    hasForm: false,
    hasList: true,
  },
  {
    name: "parent",
    label: "Parent or guardian",
    roles: ["contact"],
    hasForm: true,
    hasList: true,
  },
  {
    name: "admin",
    label: "District admin",
    roles: ["district_admin"],
    hasForm: true,
    hasList: true,
  },
]
