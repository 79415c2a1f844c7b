/**
 * The schema, as the migrations that lead to it. A released migration is never edited; `docs/spec/storage.md`
 * describes the tables and views for hosts that query them. `homeroom.` stands for the schema's own name.
 *
 * The layout is SQLite's, with two differences. A content is named by the run that brought it (`content`, `before`),
 * next to the record's kind and id: no table needs a key of its own besides. And what a content is found by stands in
 * its row (`terms`), under an index over the single terms.
 *
 * Texts are compared by their bytes (`COLLATE "C"`). What is JSON is kept as text, byte for byte: `jsonb` would put it
 * in another order and refuses some of what JSON allows.
 */
export const migrations: readonly string[] = [
  `
CREATE TABLE homeroom.districts (
  key int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  version bigint NOT NULL DEFAULT 0,
  cursor text,
  last_run text,
  counts text NOT NULL DEFAULT '{}',
  fence bigint NOT NULL DEFAULT 0,
  holder text,
  held_since bigint,
  held_until bigint
);

CREATE TABLE homeroom.fence_floor (fence bigint NOT NULL);
INSERT INTO homeroom.fence_floor VALUES (0);

CREATE TABLE homeroom.connections (
  district_id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  mode text NOT NULL,
  state text NOT NULL,
  steps text NOT NULL,
  settings text NOT NULL DEFAULT '{}'
);

CREATE TABLE homeroom.kinds (kind smallint PRIMARY KEY, name text NOT NULL UNIQUE);
INSERT INTO homeroom.kinds VALUES (0, 'district'), (1, 'school'), (2, 'term'), (3, 'course'), (4, 'user'), (5, 'section');

CREATE TABLE homeroom.runs (
  key int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  district int NOT NULL REFERENCES homeroom.districts (key),
  state text NOT NULL,
  started_at text COLLATE "C" NOT NULL,
  committed boolean NOT NULL DEFAULT false,
  version bigint,
  purged_at text,
  document text NOT NULL
);
CREATE INDEX runs_by_district ON homeroom.runs (district, started_at, id);
CREATE INDEX runs_by_time ON homeroom.runs (started_at, id);
CREATE INDEX runs_by_state ON homeroom.runs (state, district, started_at, id);
CREATE INDEX runs_by_version ON homeroom.runs (district, version) WHERE version IS NOT NULL;

CREATE TABLE homeroom.changes (
  run int NOT NULL,
  kind smallint NOT NULL,
  action smallint NOT NULL,
  id text COLLATE "C" NOT NULL,
  before int,
  raw text,
  canonical text,
  reason text,
  path text,
  data text,
  terms text[] COLLATE "C",
  PRIMARY KEY (run, kind, id)
);
CREATE INDEX changes_not_create ON homeroom.changes (run, action, kind, id) WHERE action > 0;
CREATE INDEX changes_by_term ON homeroom.changes USING gin (terms);

CREATE UNLOGGED TABLE homeroom.staging (
  run int NOT NULL,
  kind smallint NOT NULL,
  action smallint NOT NULL,
  id text COLLATE "C" NOT NULL,
  raw text,
  canonical text,
  reason text,
  path text,
  data text,
  terms text[] COLLATE "C"
);

CREATE TABLE homeroom.records (
  district int NOT NULL,
  kind smallint NOT NULL,
  active boolean NOT NULL,
  content int NOT NULL,
  archived_at bigint,
  id text COLLATE "C" NOT NULL,
  raw text NOT NULL,
  canonical text NOT NULL,
  PRIMARY KEY (district, kind, id)
);
CREATE INDEX records_by_archival ON homeroom.records (district, archived_at) WHERE archived_at IS NOT NULL;

CREATE TABLE homeroom.overrides (
  district int NOT NULL REFERENCES homeroom.districts (key),
  kind smallint NOT NULL REFERENCES homeroom.kinds (kind),
  id text COLLATE "C" NOT NULL,
  path text COLLATE "C" NOT NULL,
  value text NOT NULL,
  set_at text NOT NULL,
  set_by text NOT NULL,
  PRIMARY KEY (district, kind, id, path)
);

CREATE TABLE homeroom.documents (
  collection text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  district_id text COLLATE "C",
  subjects text NOT NULL,
  revision bigint NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (collection, key)
);
CREATE INDEX documents_by_district ON homeroom.documents (district_id, collection, key) WHERE district_id IS NOT NULL;

CREATE TABLE homeroom.links (
  issuer text COLLATE "C" NOT NULL,
  clever_id text COLLATE "C" NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  district_id text COLLATE "C",
  linked_at text COLLATE "C" NOT NULL,
  linked_by text NOT NULL,
  PRIMARY KEY (issuer, clever_id)
);
CREATE INDEX links_by_account ON homeroom.links (account_id);
CREATE INDEX links_by_district ON homeroom.links (district_id);

CREATE TABLE homeroom.login_keys (
  key text COLLATE "C" PRIMARY KEY,
  expires_at bigint NOT NULL,
  subjects text[] NOT NULL
);
CREATE INDEX login_keys_by_expiry ON homeroom.login_keys (expires_at);

CREATE TABLE homeroom.session_epochs (
  subject text COLLATE "C" PRIMARY KEY,
  epoch bigint NOT NULL,
  expires_at bigint
);
CREATE INDEX session_epochs_by_expiry ON homeroom.session_epochs (expires_at) WHERE expires_at IS NOT NULL;

CREATE FUNCTION homeroom.json(data text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF data !~* '\\\\u(0000|d[89a-f])' THEN RETURN data::jsonb; END IF;
  BEGIN
    RETURN data::jsonb;
  EXCEPTION WHEN data_exception THEN
    RETURN regexp_replace(
      data, '(?<!\\\\)((?:\\\\\\\\)*)\\\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\1\\ufffd', 'g')::jsonb;
  END;
END $$;

CREATE VIEW homeroom.roster_records AS
  SELECT d.id AS district_id, k.name AS kind, r.id AS id,
    CASE WHEN r.active THEN 'active' ELSE 'archived' END AS state, c.data AS data, r.content AS content
  FROM homeroom.records r
  JOIN homeroom.districts d ON d.key = r.district
  JOIN homeroom.kinds k ON k.kind = r.kind
  JOIN homeroom.changes c ON c.run = r.content AND c.kind = r.kind AND c.id = r.id;

CREATE VIEW homeroom.roster_schools AS
  SELECT district_id, id, state, j ->> 'name' AS name, j ->> 'sis_id' AS sis_id,
    j ->> 'school_number' AS school_number, data
  FROM homeroom.roster_records, homeroom.json(data) j WHERE kind = 'school';

CREATE VIEW homeroom.roster_terms AS
  SELECT district_id, id, state, j ->> 'name' AS name, j ->> 'start_date' AS start_date,
    j ->> 'end_date' AS end_date, data
  FROM homeroom.roster_records, homeroom.json(data) j WHERE kind = 'term';

CREATE VIEW homeroom.roster_courses AS
  SELECT district_id, id, state, j ->> 'name' AS name, j ->> 'number' AS number, data
  FROM homeroom.roster_records, homeroom.json(data) j WHERE kind = 'course';

CREATE VIEW homeroom.roster_users AS
  SELECT district_id, id, state, j #>> '{name,first}' AS first_name, j #>> '{name,last}' AS last_name,
    j ->> 'email' AS email, data
  FROM homeroom.roster_records, homeroom.json(data) j WHERE kind = 'user';

CREATE VIEW homeroom.roster_user_roles AS
  SELECT u.district_id, u.id AS user_id, u.state, r.key AS role,
    coalesce(r.value ->> 'sis_id', r.value ->> 'staff_id') AS sis_id, r.value ->> 'school' AS school_id,
    r.value AS data
  FROM homeroom.roster_records u, homeroom.json(u.data) j,
    jsonb_each(CASE jsonb_typeof(j -> 'roles') WHEN 'object' THEN j -> 'roles' ELSE '{}' END) r
  WHERE u.kind = 'user' AND jsonb_typeof(r.value) = 'object';

CREATE VIEW homeroom.roster_sections AS
  SELECT district_id, id, state, j ->> 'name' AS name, j ->> 'sis_id' AS sis_id, j ->> 'school' AS school_id,
    j ->> 'course' AS course_id, j ->> 'term_id' AS term_id, data
  FROM homeroom.roster_records, homeroom.json(data) j WHERE kind = 'section';

CREATE VIEW homeroom.roster_enrolments AS
  SELECT s.district_id, s.id AS section_id, s.state, p.user_id, l.role
  FROM homeroom.roster_records s, homeroom.json(s.data) j,
    (VALUES ('student', 'students'), ('teacher', 'teachers')) l (role, list),
    jsonb_array_elements_text(CASE jsonb_typeof(j -> l.list) WHEN 'array' THEN j -> l.list ELSE '[]' END) p (user_id)
  WHERE s.kind = 'section';

CREATE VIEW homeroom.roster_overrides AS
  SELECT d.id AS district_id, k.name AS kind, o.id AS id, o.path AS path, o.value AS value,
    o.set_at AS set_at, o.set_by AS set_by
  FROM homeroom.overrides o
  JOIN homeroom.districts d ON d.key = o.district
  JOIN homeroom.kinds k ON k.kind = o.kind;
`,
  // Terms as numbers: an index over texts took a third of the work of a first import.
  `
CREATE FUNCTION homeroom.numbers_of(terms text[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT AS
  'SELECT array_agg(hashtextextended(term, 0)) FROM unnest(terms) AS term';
DROP INDEX homeroom.changes_by_term;
ALTER TABLE homeroom.changes ALTER COLUMN terms TYPE bigint[] USING homeroom.numbers_of(terms);
ALTER TABLE homeroom.staging ALTER COLUMN terms TYPE bigint[] USING homeroom.numbers_of(terms);
CREATE INDEX changes_by_term ON homeroom.changes USING gin (terms);
DROP FUNCTION homeroom.numbers_of(text[]);

ALTER TABLE homeroom.runs ADD COLUMN staged int[];

CREATE FUNCTION homeroom.term(district_id text, field text, value text) RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
  SELECT hashtextextended(key || field || CASE WHEN length(value) <= 200 THEN value
    ELSE '#' || encode(sha256(convert_to(value, 'UTF8')), 'hex') END, 0)
  FROM homeroom.districts WHERE id = district_id
$$;
`,
  // What begins the transaction of a batch of changes that none is staged of yet: see `stage-at-once.ts`.
  `
CREATE PROCEDURE homeroom.begin_batch(
  lock_class int, lock_number int, district_key int, district_id text, lease_fence bigint,
  run_key int, run_id text, run_state text, run_started_at text, run_document text, added int[])
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(lock_class, lock_number);
  UPDATE homeroom.runs r SET
    state = run_state, started_at = run_started_at, document = run_document,
    staged = CASE WHEN r.staged IS NOT NULL THEN ARRAY(
      SELECT coalesce(one, 0) + coalesce(other, 0)
      FROM unnest(r.staged, added) WITH ORDINALITY AS s (one, other, place) ORDER BY place) END
  FROM homeroom.districts d
  WHERE r.key = run_key AND r.id = run_id
    AND d.key = district_key AND d.id = district_id AND d.fence = lease_fence AND d.holder IS NOT NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Lease % of district % is not the newest, or its run is gone', lease_fence, district_id;
  END IF;
END $$;
`,
]
