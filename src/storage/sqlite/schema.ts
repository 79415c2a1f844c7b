/**
 * The schema, as the migrations that lead to it. A released migration is never edited; `docs/spec/storage.md`
 * describes the tables and views for hosts that query them.
 *
 * - `homeroom_changes` holds every content that a record ever had: it is the plan while a run works, and the
 *   change log once it is committed. Contents are written once; only an erasure alters one afterwards.
 * - `homeroom_records` is the roster: per record its state and which content it has. A commit touches only this.
 * - `homeroom_links`, `homeroom_login_keys` and `homeroom_session_epochs` are sign-in's.
 * - `homeroom_overrides` has the app's own values of fields, `homeroom_documents` whatever else is kept.
 * - `homeroom_lookup` (`lookup-table.ts`) indexes the contents by person, school, role and `sis_id`.
 * - The `roster_…` views are for reading.
 */
export const migrations: readonly string[] = [
  `
CREATE TABLE homeroom_districts (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL DEFAULT 0,
  cursor TEXT,
  last_run TEXT,
  counts TEXT NOT NULL DEFAULT '{}',
  fence INTEGER NOT NULL DEFAULT 0,
  holder TEXT,
  held_since INTEGER,
  held_until INTEGER
) STRICT;

CREATE TABLE homeroom_connections (
  district_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  mode TEXT NOT NULL,
  state TEXT NOT NULL,
  steps TEXT NOT NULL
) STRICT;

CREATE TABLE homeroom_runs (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  district INTEGER NOT NULL REFERENCES homeroom_districts (key),
  state TEXT NOT NULL,
  started_at TEXT NOT NULL,
  committed INTEGER NOT NULL DEFAULT 0,
  document TEXT NOT NULL
) STRICT;
CREATE INDEX homeroom_runs_by_district ON homeroom_runs (district, started_at, id);
CREATE INDEX homeroom_runs_by_time ON homeroom_runs (started_at, id);

CREATE TABLE homeroom_kinds (kind INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO homeroom_kinds VALUES (0, 'district'), (1, 'school'), (2, 'term'), (3, 'course'), (4, 'user'), (5, 'section');

CREATE TABLE homeroom_changes (
  key INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES homeroom_runs (key),
  kind INTEGER NOT NULL REFERENCES homeroom_kinds (kind),
  id TEXT NOT NULL,
  action INTEGER NOT NULL,
  before INTEGER,
  raw TEXT,
  canonical TEXT,
  reason TEXT,
  path TEXT,
  data TEXT
) STRICT;
CREATE UNIQUE INDEX homeroom_changes_by_record ON homeroom_changes (run, kind, id);
CREATE INDEX homeroom_changes_not_create ON homeroom_changes (run, action, kind, id) WHERE action > 0;

CREATE TABLE homeroom_records (
  district INTEGER NOT NULL REFERENCES homeroom_districts (key),
  kind INTEGER NOT NULL REFERENCES homeroom_kinds (kind),
  id TEXT NOT NULL,
  active INTEGER NOT NULL,
  content INTEGER NOT NULL REFERENCES homeroom_changes (key),
  raw TEXT NOT NULL,
  canonical TEXT NOT NULL,
  PRIMARY KEY (district, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX homeroom_records_by_content ON homeroom_records (content);

CREATE VIEW roster_records AS
  SELECT d.id AS district_id, k.name AS kind, r.id AS id,
    CASE r.active WHEN 1 THEN 'active' ELSE 'archived' END AS state,
    c.data AS data, r.content AS content
  FROM homeroom_records r
  JOIN homeroom_districts d ON d.key = r.district
  JOIN homeroom_kinds k ON k.kind = r.kind
  JOIN homeroom_changes c ON c.key = r.content;

CREATE VIEW roster_schools AS
  SELECT district_id, id, state, data ->> '$.name' AS name, data ->> '$.sis_id' AS sis_id,
    data ->> '$.school_number' AS school_number, data FROM roster_records WHERE kind = 'school';

CREATE VIEW roster_terms AS
  SELECT district_id, id, state, data ->> '$.name' AS name, data ->> '$.start_date' AS start_date,
    data ->> '$.end_date' AS end_date, data FROM roster_records WHERE kind = 'term';

CREATE VIEW roster_courses AS
  SELECT district_id, id, state, data ->> '$.name' AS name, data ->> '$.number' AS number, data
  FROM roster_records WHERE kind = 'course';

CREATE VIEW roster_users AS
  SELECT district_id, id, state, data ->> '$.name.first' AS first_name, data ->> '$.name.last' AS last_name,
    data ->> '$.email' AS email, data FROM roster_records WHERE kind = 'user';

CREATE VIEW roster_user_roles AS
  SELECT u.district_id, u.id AS user_id, u.state, r.key AS role,
    coalesce(r.value ->> '$.sis_id', r.value ->> '$.staff_id') AS sis_id, r.value ->> '$.school' AS school_id,
    r.value AS data
  FROM roster_records u, json_each(u.data, '$.roles') r WHERE u.kind = 'user' AND r.type = 'object';

CREATE VIEW roster_sections AS
  SELECT district_id, id, state, data ->> '$.name' AS name, data ->> '$.sis_id' AS sis_id,
    data ->> '$.school' AS school_id, data ->> '$.course' AS course_id, data ->> '$.term_id' AS term_id,
    data FROM roster_records WHERE kind = 'section';

CREATE VIEW roster_enrolments AS
  SELECT s.district_id, s.id AS section_id, s.state, p.value AS user_id, 'student' AS role
  FROM roster_records s, json_each(s.data, '$.students') p WHERE s.kind = 'section'
  UNION ALL
  SELECT s.district_id, s.id, s.state, p.value, 'teacher'
  FROM roster_records s, json_each(s.data, '$.teachers') p WHERE s.kind = 'section';
`,
  `
CREATE TABLE homeroom_links (
  issuer TEXT NOT NULL,
  clever_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  district_id TEXT,
  linked_at TEXT NOT NULL,
  linked_by TEXT NOT NULL,
  PRIMARY KEY (issuer, clever_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX homeroom_links_by_account ON homeroom_links (account_id);
CREATE INDEX homeroom_links_by_district ON homeroom_links (district_id);

CREATE TABLE homeroom_login_keys (
  key TEXT PRIMARY KEY,
  expires_at INTEGER NOT NULL,
  subjects TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX homeroom_login_keys_by_expiry ON homeroom_login_keys (expires_at);

CREATE TABLE homeroom_session_epochs (
  subject TEXT PRIMARY KEY,
  epoch INTEGER NOT NULL,
  expires_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX homeroom_session_epochs_by_expiry ON homeroom_session_epochs (expires_at) WHERE expires_at IS NOT NULL;
`,
  `
ALTER TABLE homeroom_connections ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';

ALTER TABLE homeroom_runs ADD COLUMN version INTEGER;
CREATE INDEX homeroom_runs_by_state ON homeroom_runs (state, district, started_at, id);
CREATE INDEX homeroom_runs_by_version ON homeroom_runs (district, version) WHERE version IS NOT NULL;
UPDATE homeroom_runs SET version = (document ->> '$.basis') + 1
  WHERE committed = 1
    AND EXISTS (SELECT 1 FROM homeroom_changes c WHERE c.run = homeroom_runs.key AND c.action <= 4);

ALTER TABLE homeroom_records ADD COLUMN archived_at INTEGER;
UPDATE homeroom_records SET archived_at = archived.at
  FROM (
    SELECT run.district, c.kind, c.id,
      max(CAST(round(unixepoch(coalesce(run.document ->> '$.finishedAt', run.started_at), 'subsec') * 1000) AS INTEGER)) AS at
    FROM homeroom_runs run
    CROSS JOIN homeroom_changes c ON c.run = run.key AND c.action = 3 AND c.action > 0
    WHERE run.committed = 1
    GROUP BY run.district, c.kind, c.id
  ) archived
  WHERE homeroom_records.district = archived.district AND homeroom_records.kind = archived.kind
    AND homeroom_records.id = archived.id AND homeroom_records.active = 0;

CREATE TABLE homeroom_documents (
  collection TEXT NOT NULL,
  key TEXT NOT NULL,
  district_id TEXT,
  subjects TEXT NOT NULL,
  revision INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (collection, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX homeroom_documents_by_district ON homeroom_documents (district_id, collection, key)
  WHERE district_id IS NOT NULL;

CREATE TABLE homeroom_overrides (
  district INTEGER NOT NULL REFERENCES homeroom_districts (key),
  kind INTEGER NOT NULL REFERENCES homeroom_kinds (kind),
  id TEXT NOT NULL,
  path TEXT NOT NULL,
  value TEXT NOT NULL,
  set_at TEXT NOT NULL,
  set_by TEXT NOT NULL,
  PRIMARY KEY (district, kind, id, path)
) STRICT, WITHOUT ROWID;

CREATE VIEW roster_overrides AS
  SELECT d.id AS district_id, k.name AS kind, o.id AS id, o.path AS path, o.value AS value,
    o.set_at AS set_at, o.set_by AS set_by
  FROM homeroom_overrides o
  JOIN homeroom_districts d ON d.key = o.district
  JOIN homeroom_kinds k ON k.kind = o.kind;
`,
  `
ALTER TABLE homeroom_runs ADD COLUMN purged_at TEXT;
CREATE INDEX homeroom_records_by_archival ON homeroom_records (district, archived_at)
  WHERE archived_at IS NOT NULL;

CREATE TABLE homeroom_fence_floor (fence INTEGER NOT NULL) STRICT;
INSERT INTO homeroom_fence_floor VALUES (0);

UPDATE homeroom_session_epochs SET subject = homeroom_subject_key(subject);
`,
]
