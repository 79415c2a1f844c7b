import type { ListedByKind, ListedKind } from "./list-paths.ts"

/**
 * What can be asked about one record: `GET /v3.1/<list>/<id>/<relation>` (Clever's definitions of v3.1), with the
 * kind that comes back. `district`, `school`, `term` and `course` of a record are one record, the others lists.
 */
export const relations: {
  readonly user: {
    readonly district: "district"
    readonly schools: "school"
    readonly sections: "section"
    readonly mystudents: "user"
    readonly myteachers: "user"
    readonly mycontacts: "user"
    readonly resources: "resource"
  }
  readonly section: {
    readonly district: "district"
    readonly school: "school"
    readonly course: "course"
    readonly term: "term"
    readonly users: "user"
    readonly resources: "resource"
  }
  readonly school: {
    readonly district: "district"
    readonly users: "user"
    readonly sections: "section"
    readonly courses: "course"
    readonly terms: "term"
  }
  readonly course: {
    readonly district: "district"
    readonly schools: "school"
    readonly sections: "section"
    readonly resources: "resource"
  }
  readonly term: { readonly district: "district"; readonly schools: "school"; readonly sections: "section" }
  readonly resource: { readonly users: "user"; readonly sections: "section"; readonly courses: "course" }
} = {
  user: {
    district: "district",
    schools: "school",
    sections: "section",
    mystudents: "user",
    myteachers: "user",
    mycontacts: "user",
    resources: "resource",
  },
  section: {
    district: "district",
    school: "school",
    course: "course",
    term: "term",
    users: "user",
    resources: "resource",
  },
  school: { district: "district", users: "user", sections: "section", courses: "course", terms: "term" },
  course: { district: "district", schools: "school", sections: "section", resources: "resource" },
  term: { district: "district", schools: "school", sections: "section" },
  resource: { users: "user", sections: "section", courses: "course" },
}

/** A kind of record that has relations. */
export type RelationOwner = keyof typeof relations

/** Relations that lead to one record. */
export type SingleRelation = "district" | "school" | "term" | "course"

/** Names of an owner's relations that are lists. */
export type ListRelationOf<O extends RelationOwner> = Exclude<
  keyof (typeof relations)[O] & string,
  SingleRelation
>

/** Names of an owner's relations that are one record. */
export type SingleRelationOf<O extends RelationOwner> = keyof (typeof relations)[O] & SingleRelation

/** What comes back for a relation. */
export type RelatedRecord<
  O extends RelationOwner,
  R extends keyof (typeof relations)[O],
> = (typeof relations)[O][R] extends infer K extends ListedKind ? ListedByKind[K] : never
