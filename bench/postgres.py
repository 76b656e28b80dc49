"""PostgreSQL, Debian's, as the measure of what a good engineer gets from a database that is at hand.

The snapshots of all clusters are rows of one table, each with its object as JSONB. What the questions ask about is
derived from the object by generated columns when a row is written, as snapgate derives its facts. The indexes:

- the primary key is the order of the list: cluster, namespace, name. The clusters' numbers have the order of their
  names.
- failed_by_time serves "what failed lately": the failed ones alone, by the time when they finished.
- facts_by_vm has every column that a summary and a report of VMs read, in the order of VMs, so that both are index-only
  scans and read no objects.
- causes has the snapshots that have one, in the order in which they are counted.
"""

import os
import shutil
import tempfile
from pathlib import Path

import psycopg2

import processes
from load import Failed

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
START_SECONDS = 30
# Of a machine with 8 GB and more. Reports need no JIT: compiling takes longer than it saves on a scan of an index.
SETTINGS = {
    "listen_addresses": "", "shared_buffers": "2GB", "effective_cache_size": "6GB", "work_mem": "256MB",
    "maintenance_work_mem": "1GB", "max_wal_size": "16GB", "checkpoint_timeout": "1h", "random_page_cost": "1.1",
    "jit": "off", "max_parallel_workers_per_gather": "2",
}
SCHEMA = r"""
CREATE FUNCTION utc(text) RETURNS timestamptz IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
  'SELECT $1::timestamptz';
CREATE FUNCTION state_of(o jsonb) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
  SELECT CASE WHEN o #> '{metadata,deletionTimestamp}' IS NOT NULL THEN 'Deleting'
    ELSE coalesce(o #>> '{status,phase}', 'Pending') END $$;
CREATE FUNCTION consistency_of(o jsonb) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
  SELECT CASE
    WHEN o #> '{status,indications}' IS NULL
      THEN CASE o #>> '{status,phase}' WHEN 'Succeeded' THEN 'offline' ELSE 'unknown' END
    WHEN NOT o #> '{status,indications}' ? 'Online' THEN 'unknown'
    WHEN o #> '{status,indications}' ? 'GuestAgent'
      AND NOT o #> '{status,indications}' ?| '{QuiesceFailed,QuiesceTimeout}' THEN 'application'
    ELSE 'crash' END $$;
CREATE FUNCTION failure_of(o jsonb, member text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
  SELECT jsonb_path_query_first(o, '$.status.conditions[*] ? (@.type == "Failure" && @.status == "True")')
    ->> member $$;
CREATE FUNCTION finished_of(o jsonb) RETURNS timestamptz IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
  SELECT utc(CASE o #>> '{status,phase}'
    WHEN 'Succeeded' THEN o #>> '{status,creationTime}'
    WHEN 'Failed' THEN coalesce(failure_of(o, 'lastTransitionTime'), o #>> '{status,error,time}') END) $$;
CREATE FUNCTION cause_of(o jsonb) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
  SELECT CASE state_of(o)
    WHEN 'Deleting' THEN 'its deletion waits for the finalizer ' || (o #>> '{metadata,finalizers,0}')
    WHEN 'Failed' THEN coalesce(o #>> '{status,error,message}', failure_of(o, 'reason')) END $$;
CREATE FUNCTION class_of(o jsonb) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
  SELECT regexp_replace(regexp_replace(replace(replace(cause_of(o),
    o #>> '{spec,source,name}', '*'), o #>> '{metadata,namespace}', '*'),
    'vmsnapshot-[0-9a-f-]{36}-volume-[\w-]+', '*', 'g'), '\d+', '*', 'g') $$;
CREATE FUNCTION stuck_at(o jsonb) RETURNS timestamptz IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
  SELECT CASE state_of(o)
    WHEN 'Deleting' THEN utc(o #>> '{metadata,deletionTimestamp}') + interval '10 minutes'
    WHEN 'InProgress' THEN utc(o #>> '{metadata,creationTimestamp}') + interval '5 minutes'
      + regexp_replace(coalesce(o #>> '{spec,failureDeadline}', '5m0s'), 'm(?!s)', ' min ')::interval END $$;

CREATE TABLE clusters (id int PRIMARY KEY, uid text NOT NULL, name text NOT NULL, project text NOT NULL);
CREATE TABLE snapshots (
  cluster int NOT NULL,
  object jsonb NOT NULL,
  namespace text COLLATE "C" NOT NULL GENERATED ALWAYS AS (object #>> '{metadata,namespace}') STORED,
  name text COLLATE "C" NOT NULL GENERATED ALWAYS AS (object #>> '{metadata,name}') STORED,
  vm text COLLATE "C" NOT NULL GENERATED ALWAYS AS (object #>> '{spec,source,name}') STORED,
  uid text NOT NULL GENERATED ALWAYS AS (object #>> '{metadata,uid}') STORED,
  state text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state_of(object)) STORED,
  ready boolean NOT NULL GENERATED ALWAYS AS (coalesce((object #>> '{status,readyToUse}')::boolean, false)) STORED,
  of_clone boolean NOT NULL GENERATED ALWAYS AS
    (coalesce(object #> '{metadata,ownerReferences}' @> '[{"kind": "VirtualMachineClone"}]', false)) STORED,
  consistency text COLLATE "C" NOT NULL GENERATED ALWAYS AS (consistency_of(object)) STORED,
  created timestamptz NOT NULL GENERATED ALWAYS AS (utc(object #>> '{metadata,creationTimestamp}')) STORED,
  taken timestamptz GENERATED ALWAYS AS (utc(object #>> '{status,creationTime}')) STORED,
  finished timestamptz GENERATED ALWAYS AS (finished_of(object)) STORED,
  stuck_at timestamptz GENERATED ALWAYS AS (stuck_at(object)) STORED,
  cause text COLLATE "C" GENERATED ALWAYS AS (cause_of(object)) STORED,
  cause_class text COLLATE "C" GENERATED ALWAYS AS (class_of(object)) STORED
);
"""
INDEXES = """
ALTER TABLE snapshots ADD PRIMARY KEY (cluster, namespace, name);
CREATE INDEX failed_by_time ON snapshots (finished DESC NULLS LAST, cluster, namespace, name) WHERE state = 'Failed';
CREATE INDEX facts_by_vm ON snapshots (cluster, namespace, vm, created DESC, name DESC)
  INCLUDE (state, ready, of_clone, consistency, taken, finished, stuck_at);
CREATE INDEX causes ON snapshots (cause_class, cluster, namespace, vm) WHERE cause_class IS NOT NULL;
"""


class Postgres:
    """`with Postgres() as postgres:`. A cluster of its own, on a Unix socket, in a temporary folder."""

    def __init__(self):
        # Not the system's folder for temporary files, which may be memory. Another user must be able to reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="snapgate-postgres-", dir="/var/tmp"))
        self.process = None
        self.connection = None

    def __enter__(self):
        try:
            self.start_new()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start_new(self):
        self.user = {}
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            shutil.chown(self.folder, "postgres", "postgres")
            self.user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        processes.run([PROGRAMS / "initdb", "--pgdata", self.folder / "data", "--username", "bench", "--auth", "trust",
                       "--encoding", "UTF8", "--locale", "C"], cwd=self.folder, **self.user)
        self.start()

    def start(self):
        settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        with open(self.folder / "log", "ab") as log:
            self.process = processes.spawn([PROGRAMS / "postgres", "-D", self.folder / "data", "-k", self.folder,
                                            *settings], stdout=log, stderr=log, cwd=self.folder, **self.user)
        if not processes.comes_up(self.process, self.connects, START_SECONDS, pause=0.005):
            raise Failed(f"PostgreSQL did not start: {(self.folder / 'log').read_text(encoding='utf-8')[-2000:]}")

    def connects(self):
        try:
            self.connection = psycopg2.connect(host=str(self.folder), user="bench", dbname="postgres")
        except psycopg2.OperationalError:
            return False
        self.connection.autocommit = True
        return True

    def stop(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None
        if self.process is not None:
            process, self.process = self.process, None
            processes.stop(process)

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, statement, values=None):
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)

    def rows(self, statement, values=None):
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def copy_in(self, statement, text):
        with self.connection.cursor() as cursor:
            cursor.copy_expert(statement, text)

    def version(self):
        return self.rows("SHOW server_version")[0][0]
