-- Times are milliseconds since 1970 in UTC.

CREATE TABLE publish_connection_ids (id {id}, taken_at BIGINT NOT NULL);

CREATE TABLE publish_connections (
    id BIGINT PRIMARY KEY,
    vendor TEXT NOT NULL,
    name TEXT NOT NULL,
    host TEXT,
    port BIGINT,
    params TEXT NOT NULL,
    credential_type TEXT,
    credentials {bytes},
    created_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);

CREATE TABLE publish_job_groups (
    id {id},
    name TEXT,
    description TEXT,
    outputs TEXT NOT NULL,
    created_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE publish_jobs (
    id {id},
    group_id BIGINT NOT NULL REFERENCES publish_job_groups (id),
    connection_id BIGINT NOT NULL REFERENCES publish_connections (id),
    storage_connection_id BIGINT REFERENCES publish_connections (id),
    status TEXT NOT NULL,
    request TEXT NOT NULL,
    asked_table TEXT NOT NULL,
    run_id TEXT NOT NULL UNIQUE,
    lock_key TEXT NOT NULL,
    session_id TEXT NOT NULL,
    percent BIGINT NOT NULL DEFAULT 0,
    error_message TEXT,
    table_namespace TEXT,
    table_name TEXT,
    row_count BIGINT,
    cancel_requested BOOLEAN NOT NULL DEFAULT FALSE,
    owner TEXT,
    claim_count BIGINT NOT NULL DEFAULT 0,
    available_at BIGINT NOT NULL,
    created_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    heartbeat_at BIGINT,
    finished_at BIGINT
);

-- One unfinished publish a table.
CREATE UNIQUE INDEX publish_jobs_by_lock ON publish_jobs (lock_key) WHERE finished_at IS NULL;
-- The queue.
CREATE INDEX publish_jobs_unfinished ON publish_jobs (id) WHERE finished_at IS NULL;
CREATE INDEX publish_jobs_by_group ON publish_jobs (group_id, id);

-- A group with the status of its publishes.
CREATE VIEW publish_job_group_states AS
SELECT g.id, g.name, g.description, g.outputs, g.created_by, g.created_at,
    CASE WHEN EXISTS (SELECT 1 FROM publish_jobs j WHERE j.group_id = g.id AND j.finished_at IS NULL) THEN 'InProgress'
        ELSE COALESCE(
            (SELECT j.status FROM publish_jobs j WHERE j.group_id = g.id ORDER BY j.id DESC LIMIT 1), 'Complete')
    END AS status,
    COALESCE((SELECT MAX(j.updated_at) FROM publish_jobs j WHERE j.group_id = g.id), g.created_at) AS updated_at
FROM publish_job_groups g;

CREATE TABLE publish_job_events (
    job_id BIGINT NOT NULL REFERENCES publish_jobs (id),
    sequence BIGINT NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (job_id, sequence)
);

CREATE TABLE publish_tokens (
    id {id},
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
