-- What loads leave behind. Rows are written by a session of the proxy's own, so that they outlive a rollback.
CREATE TABLE redshift_emulator.load_errors (
    userid int, slice int, tbl int, starttime timestamp, session int, query bigint, transaction_id bigint,
    filename text, line_number bigint, colname text, type text, col_length text, position int, raw_line text,
    raw_field_value text, err_code int, err_reason text, is_partial int, start_offset bigint, copy_job_id bigint);
CREATE TABLE redshift_emulator.load_history (
    user_id int, query_id bigint, transaction_id bigint, session_id int, database_name text, status text,
    table_name text, start_time timestamp, end_time timestamp, duration bigint, data_source text,
    file_format text, loaded_rows bigint, loaded_bytes bigint, source_file_count int,
    source_file_bytes bigint, file_count_scanned int, file_bytes_scanned bigint, error_count bigint,
    error_message text);
CREATE TABLE redshift_emulator.load_files (
    userid int, query bigint, slice int, name text, filename text, byte_offset int, lines_scanned bigint, errors int,
    curtime timestamp, status int, file_format text);

-- Loads that run.
CREATE TABLE redshift_emulator.load_state (
    userid int, session int, query int, slice int, pid int, recordtime timestamp, bytes_to_load bigint DEFAULT 0,
    bytes_loaded bigint DEFAULT 0, bytes_to_load_compressed bigint DEFAULT 0,
    bytes_loaded_compressed bigint DEFAULT 0, lines int DEFAULT 0, num_files int DEFAULT 0,
    num_files_complete int DEFAULT 0, current_file varchar(256), pct_complete int DEFAULT 0);

CREATE VIEW pg_catalog.stl_load_errors AS
    SELECT userid, slice, tbl, starttime, session, query::int AS query, filename::varchar(256) AS filename, line_number,
        colname::varchar(127) AS colname, type::varchar(10) AS type, col_length::varchar(10) AS col_length, position,
        raw_line::varchar(1024) AS raw_line, raw_field_value::varchar(1024) AS raw_field_value, err_code,
        err_reason::varchar(100) AS err_reason, is_partial, start_offset, copy_job_id
    FROM redshift_emulator.load_errors;
CREATE VIEW pg_catalog.sys_load_error_detail AS
    SELECT userid AS user_id, query AS query_id, transaction_id, session AS session_id,
        current_database()::varchar(64) AS database_name, tbl AS table_id, starttime AS start_time,
        filename::varchar(256) AS file_name, line_number, colname::varchar(127) AS column_name,
        type::varchar(10) AS column_type, col_length::varchar(10) AS column_length, position,
        err_code AS error_code, err_reason::varchar(512) AS error_message
    FROM redshift_emulator.load_errors;
CREATE VIEW pg_catalog.sys_load_history AS SELECT * FROM redshift_emulator.load_history;
CREATE VIEW pg_catalog.stl_load_commits AS SELECT * FROM redshift_emulator.load_files;
CREATE VIEW pg_catalog.sys_load_detail AS
    SELECT userid AS user_id, query AS query_id, filename AS file_name, lines_scanned AS loaded_rows, file_format
    FROM redshift_emulator.load_files;
CREATE VIEW pg_catalog.stv_load_state AS SELECT * FROM redshift_emulator.load_state;
GRANT SELECT ON pg_catalog.stl_load_errors, pg_catalog.sys_load_error_detail, pg_catalog.sys_load_history,
    pg_catalog.stl_load_commits, pg_catalog.sys_load_detail, pg_catalog.stv_load_state TO public;
