import { isHomeroomError } from "../errors/index.ts"
import type {
  ApiVersion,
  CleverEvent,
  Course,
  District,
  EventPage,
  EventPagesOptions,
  FeedEvent,
  RecordPage,
  RecordPagesOptions,
  RecordTextOptions,
  Resource,
  Role,
  RosterSource,
  School,
  Section,
  Term,
  User,
} from "../models/index.ts"
import {
  ApiReader,
  type DistrictOptions,
  type ListOptions,
  readId,
  type SingleOptions,
} from "./api-reader.ts"
import { bodyInvalid } from "./byte-lexer.ts"
import { type CleverClientOptions, invalidOption, readSettings } from "./client-options.ts"
import { CredentialKeeper } from "./credentials.ts"
import { EventFeed, type FeedOptions } from "./event-feed.ts"
import { type ListedKind, listPaths } from "./list-paths.ts"
import {
  type ListRelationOf,
  type RelatedRecord,
  type RelationOwner,
  relations,
  type SingleRelationOf,
} from "./relations.ts"
import { Requester } from "./requester.ts"
import type { DistrictToken } from "./tokens.ts"

export interface UserListOptions extends ListOptions {
  /** Only users with this role. Default: everybody. */
  readonly role?: Role | undefined
}

export interface RelatedOptions<O extends RelationOwner, R extends ListRelationOf<O>>
  extends UserListOptions {
  /** The kind of the record whose relations are asked for. */
  readonly of: O
  /** The id of that record. */
  readonly id: string
  readonly relation: R
  /** For `schools` of a user and `users` of a school: only by primary school. Default: by any. */
  readonly primary?: boolean | undefined
}

export interface RelatedOneOptions<O extends RelationOwner, R extends SingleRelationOf<O>>
  extends SingleOptions {
  /** The kind of the record whose relation is asked for. */
  readonly of: O
  readonly relation: R
}

/**
 * Clever's Data API v3.0 and v3.1, Events API and district tokens, for one Clever app.
 *
 * Every list is read page by page, one page ahead. Failures are retried as Clever asks (S7), links are followed
 * as given on the configured host only (S6). No error, report or printout holds a token or secret. Making a client
 * sends nothing, and a list sends nothing until it is iterated.
 *
 * Every method that asks Clever throws `CLEVER_…` codes for what is answered or not answered, `INVALID_OPTIONS` for an
 * id or a setting that can't be sent, and `ABORTED` when its signal ends it.
 */
export class CleverClient implements RosterSource {
  readonly apiVersion: ApiVersion
  readonly #requester: Requester
  readonly #credentials: CredentialKeeper
  readonly #reader: ApiReader
  readonly #feed: EventFeed

  /** Throws `INVALID_OPTIONS` and `CLEVER_CREDENTIALS_MISSING`. */
  constructor(options: CleverClientOptions) {
    const settings = readSettings(options)
    const { clientId, clientSecret, districtToken } = options
    this.apiVersion = settings.apiVersion
    this.#requester = new Requester(settings)
    this.#credentials = new CredentialKeeper(
      { clientId, clientSecret, districtToken },
      settings,
      this.#requester,
    )
    this.#reader = new ApiReader(settings, this.#requester, this.#credentials)
    this.#feed = new EventFeed(this.#reader)
  }

  /** How many requests were sent so far, retries and token requests included. */
  get requestCount(): number {
    return this.#requester.requestCount
  }

  /**
   * The tokens of all districts connected to the app (`GET /oauth/tokens`): how newly connected districts are
   * found. Throws `CLEVER_CREDENTIALS_MISSING` and `CLEVER_CREDENTIALS_REJECTED`.
   */
  districtTokens(
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<DistrictToken, void, void> {
    return this.#credentials.allDistrictTokens(options.signal)
  }

  /** The token of one district. Throws `CLEVER_DISTRICT_NOT_CONNECTED`. */
  districtToken(
    districtId: string,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<DistrictToken> {
    return this.#credentials.districtToken(districtId, options.signal)
  }

  /** The token's own district, as a list of one. */
  districts(options: ListOptions): AsyncGenerator<District, void, void> {
    return this.#reader.list("district", listPaths.district, options)
  }

  /** All schools, page by page, as for all lists: rejects with the `CLEVER_…` code of a page that fails. */
  schools(options: ListOptions): AsyncGenerator<School, void, void> {
    return this.#reader.list("school", listPaths.school, options)
  }

  /** All terms. */
  terms(options: ListOptions): AsyncGenerator<Term, void, void> {
    return this.#reader.list("term", listPaths.term, options)
  }

  /** All courses. */
  courses(options: ListOptions): AsyncGenerator<Course, void, void> {
    return this.#reader.list("course", listPaths.course, options)
  }

  /** All users, or those with one role; who has several roles comes once for each of them asked for. */
  users(options: UserListOptions): AsyncGenerator<User, void, void> {
    return this.#reader.list("user", listPaths.user, options, { role: options.role })
  }

  /** All sections, with the ids of who is in them. */
  sections(options: ListOptions): AsyncGenerator<Section, void, void> {
    return this.#reader.list("section", listPaths.section, options)
  }

  /** Needs the scope `read:resources`. */
  resources(options: ListOptions): AsyncGenerator<Resource, void, void> {
    return this.#reader.list("resource", listPaths.resource, options)
  }

  /** The whole feed, oldest event first, at most 30 days back. Throws `CLEVER_EVENTS_UNAVAILABLE`. */
  async *events(options: FeedOptions): AsyncGenerator<FeedEvent, void, void> {
    for await (const page of this.#feed.pages(options)) yield* page.events
  }

  /** One district. Rejects as {@link user} does. */
  district(options: SingleOptions): Promise<District> {
    return this.#reader.single("district", listPaths.district, options)
  }

  /** One school. Rejects as {@link user} does. */
  school(options: SingleOptions): Promise<School> {
    return this.#reader.single("school", listPaths.school, options)
  }

  /** One term. Rejects as {@link user} does. */
  term(options: SingleOptions): Promise<Term> {
    return this.#reader.single("term", listPaths.term, options)
  }

  /** One course. Rejects as {@link user} does. */
  course(options: SingleOptions): Promise<Course> {
    return this.#reader.single("course", listPaths.course, options)
  }

  /** Throws `CLEVER_NOT_FOUND` for a user who is unshared or deleted, as do the other single records. */
  user(options: SingleOptions): Promise<User> {
    return this.#reader.single("user", listPaths.user, options)
  }

  /** One section. Rejects as {@link user} does. */
  section(options: SingleOptions): Promise<Section> {
    return this.#reader.single("section", listPaths.section, options)
  }

  /** One content resource. Rejects as {@link user} does. */
  resource(options: SingleOptions): Promise<Resource> {
    return this.#reader.single("resource", listPaths.resource, options)
  }

  /** One event, with the record as an object. Rejects as {@link user} does. */
  async event(options: SingleOptions): Promise<CleverEvent> {
    const value = await this.#reader.fetch("/events", options)
    const { eventSchema } = await import("../models/event.ts")
    const parsed = eventSchema.safeParse(value)
    if (parsed.success) return parsed.data
    throw bodyInvalid("an event is not as it should be", 0)
  }

  /**
   * A record's relations of one name: the sections of a user, the students of a teacher. Throws `INVALID_OPTIONS` for a
   * relation that the kind does not have.
   */
  related<O extends RelationOwner, R extends ListRelationOf<O>>(
    options: RelatedOptions<O, R>,
  ): AsyncGenerator<RelatedRecord<O, R>, void, void> {
    const { of, relation, role, primary } = options
    const kind = relationKind(of, relation)
    const path = `${listPaths[of]}/${readId("id", options.id)}/${relation}`
    const parameters = { role, primary: primary ? "true" : undefined }
    return this.#reader.list(kind, path, options, parameters) as AsyncGenerator<
      RelatedRecord<O, R>,
      void,
      void
    >
  }

  /**
   * A record's one relation of a name: the school of a section, the district of a user. Throws `INVALID_OPTIONS` for a
   * relation that the kind does not have, and `CLEVER_NOT_FOUND` as {@link user} does.
   */
  relatedOne<O extends RelationOwner, R extends SingleRelationOf<O>>(
    options: RelatedOneOptions<O, R>,
  ): Promise<RelatedRecord<O, R>> {
    const { of, relation } = options
    const kind = relationKind(of, relation)
    return this.#reader.single(kind, listPaths[of], options, `/${relation}`) as Promise<RelatedRecord<O, R>>
  }

  /** @inheritDoc */
  recordPages(options: RecordPagesOptions): AsyncGenerator<RecordPage, void, void> {
    const { kind, ...rest } = options
    return this.#reader.walk({ ...rest, path: listPaths[kind] })
  }

  /** @inheritDoc */
  newestEvent(options: DistrictOptions): Promise<FeedEvent | undefined> {
    return this.#feed.newest(options)
  }

  /** @inheritDoc */
  eventPages(options: EventPagesOptions): AsyncGenerator<EventPage, void, void> {
    return this.#feed.pages(options)
  }

  /** @inheritDoc */
  async recordText({ kind, ...options }: RecordTextOptions): Promise<string | undefined> {
    try {
      return await this.#reader.fetchText(listPaths[kind], options)
    } catch (error) {
      if (isHomeroomError(error) && error.code === "CLEVER_NOT_FOUND") return undefined
      throw error
    }
  }
}

function relationKind(of: RelationOwner, relation: string): ListedKind {
  const known: Readonly<Record<string, ListedKind>> | undefined = Object.hasOwn(relations, of)
    ? relations[of]
    : undefined
  const kind = known !== undefined && Object.hasOwn(known, relation) ? known[relation] : undefined
  if (kind === undefined) throw invalidOption("relation", `must be one that a ${of} has`)
  return kind
}
